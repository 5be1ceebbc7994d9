#include "textflag.h"

// func Pause()
//
// YIELD does nothing on most processors; a barrier for instructions takes its time.
TEXT ·Pause(SB), NOSPLIT, $0-0
	ISB $15
	RET
