package recover

// dexWidths are the lengths of Dalvik instructions in units of two bytes, by opcode; 0 is unknown.
// Layout: https://source.android.com/docs/core/runtime/dalvik-bytecode
func dexWidths() *[256]uint8 {
	var w [256]uint8
	set := func(width uint8, ranges ...int) {
		for i := 0; i < len(ranges); i += 2 {
			for op := ranges[i]; op <= ranges[i+1]; op++ {
				w[op] = width
			}
		}
	}
	set(1, 0x00, 0x01, 0x04, 0x04, 0x07, 0x07, 0x0A, 0x12, 0x1D, 0x1E, 0x21, 0x21, 0x27, 0x28, 0x3E, 0x43, 0x73, 0x73, 0x79, 0x8F, 0xB0, 0xCF, 0xF3, 0xF9)
	set(2, 0x02, 0x02, 0x05, 0x05, 0x08, 0x08, 0x13, 0x13, 0x15, 0x16, 0x19, 0x1A, 0x1C, 0x1C, 0x1F, 0x20, 0x22, 0x23, 0x29, 0x29, 0x2D, 0x3D, 0x44, 0x6D,
		0x90, 0xAF, 0xD0, 0xE8, 0xEB, 0xF2, 0xFE, 0xFF) // E3 to F2 are quickened forms of others, FE and FF const-method-handle and -type
	set(3, 0x03, 0x03, 0x06, 0x06, 0x09, 0x09, 0x14, 0x14, 0x17, 0x17, 0x1B, 0x1B, 0x24, 0x26, 0x2A, 0x2C, 0x6E, 0x72, 0x74, 0x78, 0xE9, 0xEA, 0xFC, 0xFD)
	set(4, 0xFA, 0xFB)
	set(5, 0x18, 0x18)
	return &w
}

// dexTargets says where an instruction names the register that it writes: 4 in four bits, 8 in eight bits; 0 when it writes none, or one that is dealt with by
// itself.
func dexTargets() *[256]uint8 {
	var t [256]uint8
	set := func(bits uint8, ranges ...int) {
		for i := 0; i < len(ranges); i += 2 {
			for op := ranges[i]; op <= ranges[i+1]; op++ {
				t[op] = bits
			}
		}
	}
	set(4, 0x01, 0x01, 0x04, 0x04, 0x12, 0x12, 0x20, 0x21, 0x23, 0x23, 0x52, 0x58, 0x7B, 0x8F, 0xB0, 0xD7)
	set(8, 0x02, 0x02, 0x05, 0x05, 0x0A, 0x0D, 0x13, 0x19, 0x1C, 0x1C, 0x22, 0x22, 0x2D, 0x31, 0x44, 0x4A, 0x60, 0x66, 0x90, 0xAF, 0xD8, 0xE2)
	return &t
}

// The instructions that matter here.
const (
	opConstString      = 0x1A
	opConstStringJumbo = 0x1B
	opReturnObject     = 0x11
	opMoveObject       = 0x07
	opMoveObjectFrom16 = 0x08
	opMoveObject16     = 0x09
	opFilledNewArray   = 0x24
	opFilledRange      = 0x25
	opAputObject       = 0x4D
	opIgetObject       = 0x54
	opIputObject       = 0x5B
	opSgetObject       = 0x62
	opSputObject       = 0x69
)

// dexUse is how a method uses a string.
type dexUse struct {
	way    dexWay
	target int    // the object that it is used on, as far as one can see; -1 for none
	str    uint32 // index of the string
	at     int64  // of the instruction, in the artefact
}

// dexWay is a way to use strings. Two uses of one way could belong to one list.
type dexWay struct {
	kind  dexKind
	index uint32 // of the method
	arg   int
}

type dexKind uint8

const (
	useElement  dexKind = iota // of an array
	useArgument                // of a call
	useField                   // value of a field
	useReturn
	useLoad // nothing that is seen
	useAny  // all strings of a method
)

// dexCode reads the code of methods.
type dexCode struct {
	d       *dex
	widths  *[256]uint8
	targets *[256]uint8
	strs    []uint32 // by register: index of the string + 1
	loads   []int    // by register: the load that it holds
	objects []int    // by register: what made the object
	uses    []dexUse
	pending []bool // of each load, by order: not used yet
}

// units returns the instructions of a code item and where they begin.
func (d *dex) units(off int64) (code []byte, at int64) {
	n := 2 * int64(d.b.u32(off+12))
	at = off + 16
	if n <= 0 || at > d.b.size {
		return nil, 0
	}
	return d.b.upTo(at, min(n, maxRead)), at
}

// each calls f with every instruction that is known, until f returns false.
func (x *dexCode) each(code []byte, f func(pc int, op byte, in []byte)) {
	for pc := 0; pc+2 <= len(code); {
		op := code[pc]
		width := 2 * int(x.widths[op])
		if op == 0 && code[pc+1] != 0 {
			width = payload(code[pc:])
		} else if width > 0 && pc+width <= len(code) {
			f(pc, op, code[pc:pc+width])
		}
		if width <= 0 {
			width = 2
		}
		pc += width
	}
}

// payload returns the length in bytes of the table of a switch or an array.
func payload(p []byte) int {
	if len(p) < 8 {
		return 2
	}
	n := int(p[2]) | int(p[3])<<8
	switch p[1] {
	case 1:
		return 8 + 4*n
	case 2:
		return 4 + 8*n
	case 3:
		count := int(p[4]) | int(p[5])<<8 | int(p[6])<<16 | int(p[7])<<24
		return 8 + (count*n+1)&^1
	}
	return 2
}

// stringOf returns the string that an instruction loads.
func stringOf(op byte, in []byte) (uint32, bool) {
	switch op {
	case opConstString:
		return uint32(in[2]) | uint32(in[3])<<8, true
	case opConstStringJumbo:
		return uint32(in[2]) | uint32(in[3])<<8 | uint32(in[4])<<16 | uint32(in[5])<<24, true
	}
	return 0, false
}

// telling returns the number of distinct strings in the code that tell of a list, and no more than two.
func (x *dexCode) telling(code []byte) int {
	first, n := uint32(0), 0
	x.each(code, func(_ int, op byte, in []byte) {
		if s, ok := stringOf(op, in); ok && n < 2 && x.d.told[s] && (n == 0 || s != first) {
			first = s
			n++
		}
	})
	return n
}

// read collects the uses of strings in the code at an offset. It goes through the instructions as they stand, whatever jumps there are.
func (x *dexCode) read(code []byte, at int64, registers int) {
	x.strs, x.loads, x.objects = make([]uint32, registers), make([]int, registers), make([]int, registers)
	x.uses, x.pending = x.uses[:0], x.pending[:0]
	x.each(code, func(pc int, op byte, in []byte) { x.instruction(at+int64(pc), pc, op, in) })
	var uses []dexUse // without the loads that were used
	load := 0
	for _, u := range x.uses {
		if u.way.kind == useLoad {
			load++
			if !x.pending[load-1] {
				continue
			}
		}
		uses = append(uses, u)
	}
	x.uses = uses
}

func (x *dexCode) instruction(at int64, pc int, op byte, in []byte) {
	if s, ok := stringOf(op, in); ok {
		if r := int(in[1]); r < len(x.strs) && s < x.d.strings.count {
			x.strs[r], x.loads[r], x.objects[r] = s+1, len(x.pending), pc
			x.pending = append(x.pending, true)
			x.uses = append(x.uses, dexUse{dexWay{kind: useLoad}, -1, s, at})
		}
		return
	}
	u16 := func(i int) int { return int(in[i]) | int(in[i+1])<<8 }
	switch {
	case op == opMoveObject:
		x.move(int(in[1]&15), int(in[1]>>4))
	case op == opMoveObjectFrom16:
		x.move(int(in[1]), u16(2))
	case op == opMoveObject16:
		x.move(u16(2), u16(4))
	case op == opAputObject:
		x.use(int(in[1]), dexWay{kind: useElement}, x.object(int(in[2])), at)
	case op == opIputObject:
		x.use(int(in[1]&15), dexWay{kind: useField}, -1, at)
	case op == opSputObject:
		x.use(int(in[1]), dexWay{kind: useField}, -1, at)
	case op == opReturnObject:
		x.use(int(in[1]), dexWay{kind: useReturn}, -1, at)
	case op == opIgetObject, op == opSgetObject: // the same field is the same object
		r := int(in[1])
		if op == opIgetObject {
			r &= 15
		}
		x.set(r, -2-u16(2))
	case op == opFilledNewArray, op >= 0x6E && op <= 0x72:
		n := int(in[1] >> 4)
		regs := [5]int{int(in[4] & 15), int(in[4] >> 4), int(in[5] & 15), int(in[5] >> 4), int(in[1] & 15)}
		x.arguments(regs[:min(n, 5)], op == opFilledNewArray, uint32(u16(2)), pc, at)
	case op == opFilledRange, op >= 0x74 && op <= 0x78:
		regs := make([]int, in[1])
		for i := range regs {
			regs[i] = u16(4) + i
		}
		x.arguments(regs, op == opFilledRange, uint32(u16(2)), pc, at)
	case x.targets[op] == 4:
		x.set(int(in[1]&15), pc)
	case x.targets[op] == 8:
		x.set(int(in[1]), pc)
	}
}

// arguments are the registers of a call or a new array.
func (x *dexCode) arguments(regs []int, array bool, index uint32, pc int, at int64) {
	for i, r := range regs {
		if array {
			x.use(r, dexWay{kind: useElement}, pc, at)
			continue
		}
		target := x.object(regs[0])
		if i == 0 {
			target = -1
		}
		x.use(r, dexWay{kind: useArgument, index: index, arg: i}, target, at+int64(min(i, 5)))
	}
}

func (x *dexCode) object(r int) int {
	if r < len(x.objects) {
		return x.objects[r]
	}
	return -1
}

// set says that a register holds an object that is no string.
func (x *dexCode) set(r, object int) {
	if r < len(x.strs) {
		x.strs[r], x.objects[r] = 0, object
	}
}

func (x *dexCode) move(to, from int) {
	if to < len(x.strs) && from < len(x.strs) {
		x.strs[to], x.loads[to], x.objects[to] = x.strs[from], x.loads[from], x.objects[from]
	}
}

func (x *dexCode) use(r int, way dexWay, target int, at int64) {
	if r >= len(x.strs) || x.strs[r] == 0 {
		return
	}
	x.pending[x.loads[r]] = false
	x.uses = append(x.uses, dexUse{way, target, x.strs[r] - 1, at})
}
