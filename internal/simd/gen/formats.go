package main

var formats = []format{
	{"Q8_0", 2 + 32, 32, 256, scratch32, unpackQ8_0, tile32(7, false), tiles},
	{"Q4_0", 2 + 16, 32, 256, scratch32, unpackQ4_0, tile32(3, false), tiles},
	{"Q4_1", 4 + 16, 32, 256, scratch32, unpackQ4_1, tile32(-1, true), tiles},
	{"Q5_0", 6 + 16, 32, 256, scratch32, unpackQ5_0, tile32(4, false), tiles},
	{"Q5_1", 8 + 16, 32, 256, scratch32, unpackQ5_1, tile32(-1, true), tiles},
	{"IQ4NL", 2 + 16, 32, 256, scratch32, unpackIQ4NL, tile32(7, false), tiles},
	{"Q4K", 16 + 128, 256, 256, scratchK, unpackQ4K, tileK(8, 8, finishMinima), tilesK},
	{"Q5K", 16 + 160, 256, 256, scratchK, unpackQ5K, tileK(8, 4, finishMinima), tilesK},
	{"Q6K", 192 + 18, 256, 256, scratch6, unpackQ6K, tileK(4, 2, finish6), tilesK},
	{"F32", 16, 4, groupFloats, 4, unpackF32, tileFloat, tilesF},
	{"F16", 16, 8, groupFloats, 8, unpackF16, tileFloat, tilesF},
	{"BF16", 16, 8, groupFloats, 8, unpackBF16, tileFloat, tilesF},
}

func tiles(m *machine) []int  { return m.tiles }
func tilesK(m *machine) []int { return m.tilesK }
func tilesF(m *machine) []int { return m.tilesF }
