package zip

import "github.com/censorscan/censorscan/extract"

// claims collects extents; those that touch become one.
type claims []extract.Extent

// add takes the n bytes at off as far as they lie within a container of the given size.
func (c *claims) add(off, n, size int64) {
	n = min(n, size-off)
	if off < 0 || n <= 0 {
		return
	}
	if last := len(*c) - 1; last >= 0 && (*c)[last].End() == off {
		(*c)[last].Size += n
		return
	}
	*c = append(*c, extract.Extent{Offset: off, Size: n})
}
