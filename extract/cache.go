package extract

import (
	"container/list"
	"errors"
	"sync"
	"sync/atomic"
)

// Cache keeps decoded blocks of all mapping formats of one run, least recently used out first. It is safe for use by several goroutines;
// a block that two of them want at once is decoded once.
type Cache struct {
	mu      sync.Mutex
	max     int64
	used    int64
	entries map[CacheKey]*list.Element
	order   *list.List // front is the most recently used
	owners  atomic.Int64
}

// CacheKey names a block: the owner (from NewOwner) and a number that the owner chose.
type CacheKey struct {
	Owner int64
	Block int64
}

type cacheEntry struct {
	key  CacheKey
	once sync.Once
	data []byte
	err  error
	done bool // under Cache.mu: data is counted in used
}

// cost is what an entry takes up, in bytes, an empty one too.
func (e *cacheEntry) cost() int64 { return int64(cap(e.data)) + 256 }

// errLoad is what those who wait for a block get when its decoder panics.
var errLoad = errors.New("decoder panicked")

// NewCache makes a cache that holds at most max bytes of blocks (and the one being read, however large).
func NewCache(max int64) *Cache {
	return &Cache{max: max, entries: map[CacheKey]*list.Element{}, order: list.New()}
}

// NewOwner returns a number for CacheKey.Owner that nobody else has.
func (c *Cache) NewOwner() int64 { return c.owners.Add(1) }

// Get returns the block, calling load for it when it is not held. The bytes are shared: nobody may change them. An error is not kept.
func (c *Cache) Get(key CacheKey, load func() ([]byte, error)) ([]byte, error) {
	c.mu.Lock()
	el, ok := c.entries[key]
	if ok {
		c.order.MoveToFront(el)
	} else {
		el = c.order.PushFront(&cacheEntry{key: key})
		c.entries[key] = el
	}
	c.mu.Unlock()
	e := el.Value.(*cacheEntry)
	e.once.Do(func() {
		e.err = errLoad
		defer func() {
			if e.err != nil {
				c.drop(el)
			}
		}()
		if e.data, e.err = load(); e.err == nil {
			c.count(el)
		}
	})
	return e.data, e.err
}

// Peek returns the block if it is held.
func (c *Cache) Peek(key CacheKey) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.entries[key]
	if !ok || !el.Value.(*cacheEntry).done {
		return nil, false
	}
	c.order.MoveToFront(el)
	return el.Value.(*cacheEntry).data, true
}

// Forget makes room of what is held of an owner's blocks 0 to n-1, which nobody will ask for again soon.
func (c *Cache) Forget(owner int64, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	forget := func(key CacheKey) {
		if el, ok := c.entries[key]; ok && el.Value.(*cacheEntry).done {
			c.order.Remove(el)
			delete(c.entries, key)
			c.used -= el.Value.(*cacheEntry).cost()
		}
	}
	if n > len(c.entries) {
		for key := range c.entries {
			if key.Owner == owner {
				forget(key)
			}
		}
		return
	}
	for i := range n {
		forget(CacheKey{Owner: owner, Block: int64(i)})
	}
}

// drop forgets an entry.
func (c *Cache) drop(el *list.Element) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := el.Value.(*cacheEntry)
	if c.entries[e.key] == el {
		delete(c.entries, e.key)
		c.order.Remove(el)
	}
}

// count adds a loaded entry to the sum and makes room.
func (c *Cache) count(el *list.Element) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := el.Value.(*cacheEntry)
	e.done = true
	c.used += e.cost()
	for back := c.order.Back(); c.used > c.max && back != nil && back != el; {
		prev := back.Prev()
		if old := back.Value.(*cacheEntry); old.done {
			c.order.Remove(back)
			delete(c.entries, old.key)
			c.used -= old.cost()
		}
		back = prev
	}
}
