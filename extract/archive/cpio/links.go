package cpio

import "github.com/censorscan/censorscan/extract"

// fileID tells hard links of one file.
type fileID struct{ major, minor, inode uint32 }

// links matches the hard links of one archive: in the new forms all but one of them come without data.
type links struct {
	data    map[fileID]extract.Extent
	waiting map[fileID][]*extract.Member
	order   []fileID // of waiting
	limit   int64    // bytes of memory
	used    int64
}

// linkCost is about what a link takes in memory besides its name.
const linkCost = 256

func newLinks(limit int64) links {
	return links{data: map[fileID]extract.Extent{}, waiting: map[fileID][]*extract.Member{}, limit: limit}
}

// wait keeps a link until its data come; false when there is no memory for it.
func (l *links) wait(id fileID, m *extract.Member) bool {
	if l.used += linkCost + int64(len(m.Name)); l.used > l.limit {
		return false
	}
	if len(l.waiting[id]) == 0 {
		l.order = append(l.order, id)
	}
	l.waiting[id] = append(l.waiting[id], m)
	return true
}

// found notes where the data of a file lie and gives the links that waited for them.
func (l *links) found(id fileID, data extract.Extent) []*extract.Member {
	if l.used += linkCost; l.used <= l.limit {
		l.data[id] = data
	}
	m := l.waiting[id]
	delete(l.waiting, id)
	return m
}

// flush yields the links whose data never came, as empty files, and forgets all: the next archive counts its inodes anew.
func (l *links) flush(yield func(*extract.Member, error) bool) bool {
	for _, id := range l.order {
		for _, m := range l.waiting[id] {
			m.Open = emptyFile
			if !yield(m, nil) {
				return false
			}
		}
		delete(l.waiting, id)
	}
	*l = newLinks(l.limit)
	return true
}
