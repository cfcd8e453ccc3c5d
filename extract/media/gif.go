package media

import "github.com/censorscan/censorscan/extract"

// gif claims the pictures of a GIF file, which has to be sound up to its end.
func gif(src extract.Source, at int64) []extract.Extent {
	var found claims
	head := bytesAt(src, at, 13)
	if head == nil {
		return nil
	}
	at += 13 + colours(head[10])
	for i := 0; i < maxParts; i++ {
		b := bytesAt(src, at, 1)
		if b == nil {
			return nil
		}
		start := at
		picture := false
		switch b[0] {
		case ';':
			return found
		case '!':
			at += 2
		case ',':
			d := bytesAt(src, at, 10)
			if d == nil {
				return nil
			}
			at += 10 + colours(d[9])
			if code := bytesAt(src, at, 1); code == nil || code[0] < 1 || code[0] > 11 {
				return nil
			}
			at++
			start, picture = at, true
		default:
			return nil
		}
		for {
			n := bytesAt(src, at, 1)
			if n == nil {
				return nil
			}
			at += 1 + int64(n[0])
			if n[0] == 0 {
				break
			}
		}
		if picture {
			found.add(start, at-start)
		}
	}
	return nil
}

// colours is the size of the table that flags tell of, in bytes.
func colours(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}
