package simd

// Machines names the instruction sets that this machine has kernels for.
func Machines() (names []string) {
	for _, m := range machines() {
		names = append(names, m.name)
	}
	return names
}

// Use computes with the kernels of that name until restore is called, with none for "".
func Use(name string) (restore func()) {
	before := native
	native = nil
	for _, m := range machines() {
		if m.name == name {
			native = m
		}
	}
	return func() { native = before }
}

// Quantized is what the batch's preparation of vector i says, and what Input's does.
func (b *Batch) Quantized(i int) (got, want Input) {
	want.Prepare(b.how, b.F[i*b.len:(i+1)*b.len])
	per := groupLen
	if b.how == Bytes32 {
		per = 32
	}
	for at := 0; at < b.len; at += groupLen {
		g, n := b.group(i, at/groupLen), min(groupLen, b.len-at)
		got.Q = append(got.Q, b.q[g*groupLen:][:n]...)
		if per == 32 {
			got.Scales = append(got.Scales, b.scales[g*8:][:n/32]...)
			for _, s := range b.sums[g*8:][:n/32] {
				got.Sums = append(got.Sums, -s)
			}
			continue
		}
		got.Scales = append(got.Scales, b.scales[g])
		for _, s := range b.sums[g*sumsK+8:][:4] {
			got.Sums = append(got.Sums, int32(int16(s)), s>>16)
		}
	}
	return got, want
}
