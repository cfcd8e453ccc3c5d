package scan

import (
	"context"
	"sync"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/app"
)

// apps knows the zips that are open during a walk, and which app each is, once something is found in it.
type apps struct {
	mu   sync.Mutex
	open map[*extract.Artifact]*openApp
}

type openApp struct {
	src  extract.Source
	read bool
	app  *app.App // nil for a zip that is none
}

func newApps() *apps { return &apps{open: map[*extract.Artifact]*openApp{}} }

// enter remembers a container that could be an app.
func (s *apps) enter(ctx context.Context, a *extract.Artifact, c *extract.Content) {
	if a.Format != "zip" {
		return
	}
	src, err := c.Source(ctx)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[a] = &openApp{src: src}
}

// leave forgets a container, which is closed then.
func (s *apps) leave(a *extract.Artifact) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, a)
}

// describe says which app findings in an artefact lie in, and what code of it names them.
func (s *apps) describe(a *extract.Artifact, findings []Finding) {
	o := s.of(a)
	if o == nil {
		return
	}
	for i := range findings {
		f := &findings[i]
		f.App = o.app
		switch {
		case f.List != nil:
			f.List.Readers = readersOf(o.src, a.Name)
		case f.Loader != nil:
			f.Loader.Code = codeOf(o.src, f.Loader)
		}
	}
}

// of is the innermost app that an artefact lies in, or is; nil if there is none.
func (s *apps) of(a *extract.Artifact) *openApp {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; a != nil; a = a.Parent {
		o := s.open[a]
		if o == nil {
			continue
		}
		if !o.read {
			o.read = true
			o.app, _ = app.Read(o.src, o.src.Size()) // one that cannot be read has no name
		}
		if o.app != nil {
			return o
		}
	}
	return nil
}
