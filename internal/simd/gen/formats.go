package main

var formats = []format{
	{name: "Q8_0", blockBytes: 2 + 32, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackQ8_0, bias: 7, together: 1},
	{name: "Q4_0", blockBytes: 2 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackQ4_0, bias: 3, together: 8},
	{name: "Q4_1", blockBytes: 4 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackQ4_1, bias: -1, minima: true, together: 8},
	{name: "Q5_0", blockBytes: 6 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackQ5_0, bias: 4, together: 4},
	{name: "Q5_1", blockBytes: 8 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackQ5_1, bias: -1, minima: true, together: 4},
	{name: "IQ4NL", blockBytes: 2 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackIQ4NL, bias: 7, together: 1},
	{name: "MXFP4", blockBytes: 1 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackMXFP4, bias: 4, together: 4},
	{name: "Q4K", blockBytes: 16 + 128, blockLen: 256, group: 256, scratch: scratchK, unpack: unpackQ4K, sub: 8, together: 8, finish: finishMinima},
	{name: "Q5K", blockBytes: 16 + 160, blockLen: 256, group: 256, scratch: scratchK, unpack: unpackQ5K, sub: 8, together: 4, finish: finishMinima},
	{name: "Q6K", blockBytes: 192 + 18, blockLen: 256, group: 256, scratch: scratch6, unpack: unpackQ6K, sub: 4, together: 2, finish: finish6},
	{name: "F32", blockBytes: 16, blockLen: 4, group: groupFloats, scratch: 4, unpack: unpackF32},
	{name: "F16", blockBytes: 16, blockLen: 8, group: groupFloats, scratch: 8, unpack: unpackF16},
	{name: "BF16", blockBytes: 16, blockLen: 8, group: groupFloats, scratch: 8, unpack: unpackBF16},
}
