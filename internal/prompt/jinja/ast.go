package jinja

// The statements of a template.
type (
	stmt interface{ exec(r *run) }

	textStmt struct{ *literal }

	outputStmt struct {
		line int
		e    expr
	}

	ifStmt struct {
		branches []branch
		rest     []stmt
	}
	branch struct {
		line int
		cond expr
		body []stmt
	}

	forStmt struct {
		line   int
		target target
		seq    expr
		cond   expr // nil: all elements
		body   []stmt
		rest   []stmt // where there was none
	}

	setStmt struct {
		line   int
		target target
		e      expr
	}

	// capture is {% set x %}…{% endset %}; with no target, {% filter … %}.
	capture struct {
		line   int
		target target
		body   []stmt
		change expr // captured, or filters of it
	}

	macroStmt struct {
		line   int
		name   string
		params []param
		body   []stmt
	}
	param struct {
		name     string
		fallback expr // nil for none
	}

	leaveStmt struct{ by leave }
)

// target is what a value can be assigned to: a name, a name of a namespace, or
// several of these.
type target struct {
	name, attr string
	parts      []target
}

// leave says how a loop's body is left early.
type leave int

const (
	stay leave = iota
	leaveLoop
	leaveRound
)

// The expressions of a template.
type (
	expr interface{ eval(r *run) Value }

	literal struct {
		line int
		v    Value
	}

	nameExpr struct {
		line int
		name string
	}

	listExpr struct {
		items []expr
		kind  listKind
	}

	dictExpr struct{ keys, values []expr }

	attrExpr struct {
		line int
		of   expr
		name string
	}

	indexExpr struct {
		line int
		of   expr
		key  expr
	}

	sliceExpr struct {
		line           int
		of             expr
		from, to, step expr // nil for none
	}

	callExpr struct {
		line int
		of   expr
		arguments
	}

	filterExpr struct {
		line int
		of   expr
		name string
		arguments
	}

	testExpr struct {
		line int
		of   expr
		name string
		arguments
	}

	// arguments are those of a call, a filter or a test.
	arguments struct {
		pos   []expr
		names []string // of the last arguments in pos
	}

	unaryExpr struct {
		op string // "-", "+" or "not"
		of expr
	}

	binaryExpr struct {
		line        int
		op          string
		left, right expr
	}

	logicExpr struct {
		or          bool
		left, right expr
	}

	compareExpr struct {
		line  int
		left  expr
		ops   []string
		right []expr
	}

	joinExpr struct{ parts []expr } // a ~ b

	choiceExpr struct{ cond, yes, no expr } // no may be nil

	// captured is the text that the capture at the line caught.
	captured struct{ line int }
)

// walk calls see for e and everything below it.
func walk(e expr, see func(expr)) {
	if e == nil {
		return
	}
	see(e)
	for _, child := range children(e) {
		walk(child, see)
	}
}

func children(e expr) []expr {
	switch e := e.(type) {
	case *listExpr:
		return e.items
	case *dictExpr:
		return append(e.keys[:len(e.keys):len(e.keys)], e.values...)
	case *attrExpr:
		return []expr{e.of}
	case *indexExpr:
		return []expr{e.of, e.key}
	case *sliceExpr:
		return []expr{e.of, e.from, e.to, e.step}
	case *callExpr:
		return append([]expr{e.of}, e.pos...)
	case *filterExpr:
		return append([]expr{e.of}, e.pos...)
	case *testExpr:
		return append([]expr{e.of}, e.pos...)
	case *unaryExpr:
		return []expr{e.of}
	case *binaryExpr:
		return []expr{e.left, e.right}
	case *logicExpr:
		return []expr{e.left, e.right}
	case *compareExpr:
		return append([]expr{e.left}, e.right...)
	case *joinExpr:
		return e.parts
	case *choiceExpr:
		return []expr{e.cond, e.yes, e.no}
	}
	return nil
}
