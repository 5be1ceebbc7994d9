// Package admin is the door for managing the appliance: its state, models and keys,
// for the console and for scripts. It speaks JSON under /admin/v1, described by an
// OpenAPI document that is made from the code and kept in api/openapi.yaml.
//
// It manages and does not compute: it asks nothing of a model.
//
// Invariants:
//
//   - M1. Every path asks who it is first, the unknown ones too. Every route names who may
//     call it, and that is looked at before anything else of the request.
//   - M2. Every route is in the document, and nothing else.
package admin
