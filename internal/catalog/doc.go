// Package catalog knows which model files exist: those imported into the
// appliance's own folder, and those that other tools keep (Ollama, Hugging Face,
// ModelScope, LM Studio, plain folders), which are used where they lie.
//
// It reads what a file says of itself and decides under which name it is offered.
// It loads nothing and knows nothing of who may use what.
//
// Invariants:
//
//   - C1. An imported model is a folder that appeared by one rename, so it is
//     whole or absent, whatever was killed when.
//   - C2. Files of other tools are never changed, moved or removed.
//   - C3. A file that can't be served is listed with its problem, not hidden.
//   - C4. What is being downloaded is not listed before it is whole.
//   - C5. A sealed model that was changed is never found intact.
package catalog
