package audit

import "os"

// File is what a log writes to.
type File = file

// SetOpen puts something between a log and the disk.
func (l *Log) SetOpen(open func(path string, under func(string) (File, error)) (File, error)) {
	under := l.open
	l.open = func(path string) (file, error) { return open(path, under) }
}

// Names of the files of a segment.
var SegmentName = segmentName

var _ File = (*os.File)(nil)
