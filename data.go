package hearth

import "slices"

// DataClass is how closely data are to be kept. Each class may go wherever the next
// closer one may.
type DataClass string

// The classes, the most open first.
const (
	DataPublic       DataClass = "public"
	DataInternal     DataClass = "internal"
	DataConfidential DataClass = "confidential"
	DataSecret       DataClass = "secret"
)

// DataClasses lists them, the most open first.
func DataClasses() []DataClass {
	return []DataClass{DataPublic, DataInternal, DataConfidential, DataSecret}
}

// Within reports whether data of class d may go where data up to most may. A class that
// there is not is kept the closest.
func (d DataClass) Within(most DataClass) bool {
	at := slices.Index(DataClasses(), d)
	return at >= 0 && at <= slices.Index(DataClasses(), most)
}
