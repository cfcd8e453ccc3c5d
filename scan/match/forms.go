package match

// form is a pair of bytes at some place of an anchor, or a wild form, with its share.
type form struct {
	pair  uint16
	wild  int16 // -1 for a pair
	share shares
}

// forms are the forms that a needle takes for equal.
type forms struct {
	list  [4]form
	n     int
	share shares // of all
}

// rect is a set of places: any of the first forms followed by any of the second.
type rect struct{ first, second *forms }

// A wild form stands for the pairs with a given first byte, with a given second byte, or for all.
const (
	wildSecond = 0
	wildFirst  = 256
	wildBoth   = 512
	wilds      = 513
)

// formsAt gives the forms of the bytes at off and off+1; bytes outside of the needle are free.
func (p *placer) formsAt(f *forms, bytes, fold []byte, off int) {
	var lows, highs [2]byte
	low, high := bytesAt(&lows, bytes, fold, off), bytesAt(&highs, bytes, fold, off+1)
	wild := func(id int) { f.put(form{wild: int16(id), share: p.shareOfWild(id)}) }
	switch {
	case len(low) == 0 && len(high) == 0:
		wild(wildBoth)
	case len(low) == 0:
		for _, b := range high {
			wild(wildFirst + int(b))
		}
	case len(high) == 0:
		for _, b := range low {
			wild(wildSecond + int(b))
		}
	default:
		for _, h := range high {
			for _, l := range low {
				pair := uint16(l) | uint16(h)<<8
				f.put(form{pair, -1, backgroundOf(pair)})
			}
		}
	}
}

func (f *forms) put(x form) {
	f.list[f.n] = x
	f.n++
	f.share.add(&x.share)
}

// bytesAt returns the bytes that match position i of the needle, none for any.
func bytesAt(room *[2]byte, bytes, fold []byte, i int) []byte {
	if i < 0 || i >= len(bytes) {
		return nil
	}
	room[0] = bytes[i]
	if fold[i] == 0 {
		return room[:1]
	}
	room[1] = bytes[i] &^ fold[i]
	return room[:]
}

// eachOfWild calls f with every pair of a wild form.
func eachOfWild(id int, f func(pair uint16)) {
	switch {
	case id == wildBoth:
		for pair := range 1 << 16 {
			f(uint16(pair))
		}
	case id >= wildFirst:
		for b := range 256 {
			f(uint16(b) | uint16(id-wildFirst)<<8)
		}
	default:
		for b := range 256 {
			f(uint16(id-wildSecond) | uint16(b)<<8)
		}
	}
}

// shareOfWild returns the share of all pairs of a wild form.
func (p *placer) shareOfWild(id int) shares {
	s := &p.wildShare[id]
	if *s == (shares{}) {
		eachOfWild(id, func(pair uint16) {
			t := backgroundOf(pair)
			s.add(&t)
		})
	}
	return *s
}
