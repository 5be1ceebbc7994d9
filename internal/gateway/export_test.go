package gateway

// CheckLine says what is wrong with a line of a batch.
func CheckLine(text []byte, endpoint string) string {
	_, what := parseLine(text, endpoint)
	return what
}
