package appliance

import "path/filepath"

// egressJournal is where connections to elsewhere are on record.
func (c Config) egressJournal() string { return filepath.Join(c.Data, "egress.jsonl") }
