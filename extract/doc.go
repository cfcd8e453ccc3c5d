// Package extract makes the bytes of firmware visible: it opens an input as a tree of artefacts, container by container, and hands every artefact
// that holds no others to a visitor. It knows no format; those are values of type Format, listed in package formats. One budget bounds a run, and
// a ledger accounts for every byte as searched, structure or unopened.
package extract
