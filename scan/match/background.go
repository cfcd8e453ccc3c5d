package match

import "sync"

// background is a model of how often bytes and pairs of bytes stand in firmware. Anchors are chosen by it: it
// decides how fast a search is, never what it finds.
type background struct {
	pair [1 << 16]float32 // by first | second<<8, sums to 1
	byte [256]float32
}

// theBackground mixes simple models of what images are made of, by their rough share. It is made once and only read.
var theBackground = sync.OnceValue(func() *background {
	b := new(background)
	for i := range b.pair {
		b.pair[i] = 0.25 / (1 << 16) // compressed data
	}
	b.pair[0] += 0.10 // padding
	b.pair[0xFFFF] += 0.01

	var code, ascii, digits, tail, lead [256]float32
	for i := range code {
		code[i] = 1 / float32(i&0x3F+8) // small values and multiples of 64
	}
	for i, c := range []byte("etaoinsrhldcumpfgybwvkxjqz") {
		ascii[c] = 30 / float32(i+4)
		ascii[c&^0x20] = 4 / float32(i+4)
	}
	for c := byte(' '); c < 0x7F; c++ {
		ascii[c] += 0.3
	}
	for _, c := range []byte(" \n_./\"") {
		ascii[c] += 3
	}
	for _, c := range []byte("0123456789abcdef") {
		digits[c] = 1
	}
	for i := 0x80; i < 0xC0; i++ {
		tail[i] = 1
	}
	for i := 0xE4; i <= 0xE9; i++ {
		lead[i] = 1
	}
	zero := [256]float32{1}
	han := [256]float32{}
	for i := 0x4E; i <= 0x9F; i++ {
		han[i] = 1
	}
	var every [256]float32
	for i := range every {
		every[i] = 1
	}
	b.mix(0.30, &code, &code)
	b.mix(0.05, &code, &zero)
	b.mix(0.05, &zero, &code)
	b.mix(0.12, &ascii, &ascii)
	b.mix(0.01, &digits, &digits)
	b.mix(0.02, &ascii, &zero)
	b.mix(0.02, &zero, &ascii)
	b.mix(0.02, &lead, &tail)
	b.mix(0.02, &tail, &tail)
	b.mix(0.02, &tail, &lead)
	b.mix(0.005, &every, &han)
	b.mix(0.005, &han, &every)
	for i, f := range b.pair {
		b.byte[i&0xFF] += f
	}
	return b
})

// mix adds pairs of independent bytes with the given weights.
func (b *background) mix(share float32, first, second *[256]float32) {
	sum := func(weights *[256]float32) (s float32) {
		for _, w := range weights {
			s += w
		}
		return s
	}
	scale := share / (sum(first) * sum(second))
	for i, x := range first {
		if x == 0 {
			continue
		}
		for j, y := range second {
			b.pair[i|j<<8] += scale * x * y
		}
	}
}

// gram3 returns how often three bytes stand together, as far as pairs tell.
func (b *background) gram3(gram uint32) float32 {
	return b.pair[uint16(gram)] * b.pair[uint16(gram>>8)] / b.byte[byte(gram>>8)]
}
