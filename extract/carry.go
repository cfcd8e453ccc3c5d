package extract

import "context"

// carrier holds the bytes of members of a stream that passes, until they are done with. Without such a stream it has nothing to do. What it does depends on the
// members alone, not on how far the workers are.
type carrier struct {
	*walker
	pass  *pass
	bytes int64 // held for small members
}

// small tells whether a member's bytes are to be held in memory.
func (c *carrier) small(m *Member) bool { return total(m.Extents) <= c.Budget.passShare() }

// room tells whether another member can be held beside those that are.
func (c *carrier) room(m *Member) bool {
	return c.pass == nil || !c.small(m) || c.bytes+total(m.Extents) <= c.Budget.passShare()
}

// take holds the bytes of a member before the stream goes on. It gives the member as it turns out to be.
func (c *carrier) take(a *Artifact, m *Member) (*keep, *Member) {
	if c.pass == nil || m.Open == nil || len(m.Extents) == 0 || c.pass.stays(m.Extents[0].Offset) {
		return nil, m
	}
	if a.Mode = m.Mode; c.Exclude != nil && c.Exclude(a) {
		return nil, m
	}
	if !c.small(m) {
		k := c.pass.newKeep(c.Budget.passShare())
		return k, c.pass.hold(k, m)
	}
	k := c.pass.newKeep(0)
	k.small = total(m.Extents)
	c.bytes += k.small
	return k, c.pass.hold(k, m)
}

// drop frees what is held for a task.
func (c *carrier) drop(t *task) {
	if t.kept == nil {
		return
	}
	c.bytes -= t.kept.small
	c.pass.drop(t.kept)
}

// hold keeps the bytes of a member, and gives the member as it turns out to be.
func (p *pass) hold(k *keep, m *Member) *Member {
	got, err := p.keep(k, m.Extents)
	want := total(m.Extents)
	if err == nil && got == want {
		return m
	}
	h := *m
	if err != nil {
		h.Open, h.Problem = nil, AsUnopened(err)
		return &h
	}
	if h.Size == want { // the stream ends in it
		h.Size = got
	}
	h.Extents = nil
	for _, e := range m.Extents {
		if e.Size = min(e.Size, got); e.Size > 0 {
			h.Extents = append(h.Extents, e)
		}
		got -= e.Size
	}
	return &h
}

// passed settles the size of a container whose stream was read as it was decoded.
func (w *walker) passed(t *task, p *pass, members *claims) {
	c := t.content
	c.bad = nil                              // a visitor that read it may have met them already
	if w.stop != nil || w.ctx.Err() != nil { // what is behind the last member that counts was not reached, however far the stream was decoded
		p.stop()
		t.member.Extents = p.before
		t.artifact.Size = 0
		for _, m := range members.list {
			t.artifact.Size = max(t.artifact.Size, m.End())
		}
		stop := w.stop
		if stop == nil {
			stop = context.Cause(w.ctx)
		}
		c.fail(c.lost(t.artifact.Size, stop), stopped(stop))
		return
	}
	t.artifact.Size = p.Size()
	c.err = p.broken()
	t.broken()
}
