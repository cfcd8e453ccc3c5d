package recover

// Shapes returns the names of the shapes that a list can have: those of texts, then those of binary layouts, in the order in which they are tried.
func Shapes() []string {
	var names []string
	for _, s := range shapes() {
		names = append(names, s.name)
	}
	for _, l := range layouts() {
		names = append(names, l.name)
	}
	return names
}
