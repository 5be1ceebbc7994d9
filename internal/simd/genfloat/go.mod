// The generator of the float kernels' assembly. It has a module of its own, so that
// avo is no part of what is shipped.
module github.com/hearthbox/hearth/internal/simd/genfloat

go 1.26.0

require github.com/mmcloughlin/avo v0.6.0

require (
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
)
