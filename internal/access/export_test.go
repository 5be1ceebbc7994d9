package access

import "time"

// CodeAt is what an authenticator shows.
func CodeAt(secret []byte, at time.Time) string {
	return totpCode(secret, at.Unix()/int64(totpStep/time.Second))
}
