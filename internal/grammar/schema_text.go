package grammar

// textual is a string under its limits.
func (s *schemas) textual(v *value, place string) node {
	least, most := s.limits(v, "minLength", "maxLength", place)
	var texts *automaton
	meet := func(d *automaton) {
		if texts == nil {
			texts = d
		} else if d != nil {
			texts = s.both(texts, d)
		}
	}
	if pattern := v.get("pattern"); pattern != nil {
		if pattern.kind != isString {
			return s.fail(invalid(at(place, "pattern"), "pattern is a text"))
		}
		meet(s.pattern(pattern.text, at(place, "pattern")))
	}
	if format := v.get("format"); format != nil {
		meet(s.format(format, at(place, "format")))
	}
	switch {
	case s.err != nil:
		return alt{}
	case texts == nil && least == 0 && most == unlimited:
		return call{s.text, 1, 1}
	case texts == nil:
		return seq{literal(`"`), call{s.char, least, most}, literal(`"`)}
	}
	if least > 0 || most != unlimited {
		if max(least, most) > copiesMax {
			return s.fail(tooLarge(place, "beside a pattern or a format, a length is at most %d", copiesMax))
		}
		texts = s.both(texts, s.determine(repeat{anyRune(), least, most}, nil))
	}
	return seq{literal(`"`), escaped{texts}, literal(`"`)}
}

func (s *schemas) pattern(expression, place string) *automaton {
	d, err := s.search(expression, place)
	if err != nil {
		s.fail(err)
	}
	return d
}

const (
	hostname = `([a-z0-9]([a-z0-9]{0,14}|[a-z0-9]{0,7}-[a-z0-9]{1,7}))(\.[a-z0-9]([a-z0-9]{0,14}|[a-z0-9]{0,7}-[a-z0-9]{1,7})){0,3}`
	octet    = `(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`
	date     = `([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))` +
		`|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)`
	clock = `([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])`
)

// formats are the expressions of the formats that are known. Each matches texts of
// that format, and for those without a bound, the ones that people write.
func formats() map[string]string {
	const word = `[0-9a-fA-F]{1,4}`
	return map[string]string{
		"date":      date,
		"time":      clock,
		"date-time": date + `T` + clock,
		"duration":  `P(([0-9]{1,4}D|[0-9]{1,4}M([0-9]{1,4}D)?|[0-9]{1,4}Y([0-9]{1,4}M([0-9]{1,4}D)?)?)(T([0-9]{1,4}H([0-9]{1,4}M([0-9]{1,4}S)?)?|[0-9]{1,4}M([0-9]{1,4}S)?|[0-9]{1,4}S))?|T([0-9]{1,4}H([0-9]{1,4}M([0-9]{1,4}S)?)?|[0-9]{1,4}M([0-9]{1,4}S)?|[0-9]{1,4}S)|[0-9]{1,4}W)`,
		"uuid":      `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`,
		"ipv4":      octet + `(\.` + octet + `){3}`,
		"ipv6": `((` + word + `:){7}` + word + `|::(` + word + `(:` + word + `){0,5})?|` + word + `::(` + word + `(:` + word + `){0,4})?|` +
			word + `:` + word + `::(` + word + `(:` + word + `){0,3})?|(` + word + `:){2}` + word + `::(` + word + `(:` + word + `){0,2})?)`,
		"hostname": hostname,
		"email":    `[A-Za-z0-9_]{1,16}([.+-][A-Za-z0-9_]{1,16}){0,2}@` + hostname,
		"uri":      `https?://` + hostname + `(:[1-9][0-9]{0,3})?(/[A-Za-z0-9._~-]{0,64}){0,8}(\?[A-Za-z0-9._~=&-]{0,128})?(#[A-Za-z0-9._~-]{0,64})?`,
	}
}

// format is the texts of a format by name.
func (s *schemas) format(of *value, place string) *automaton {
	expression, ok := formats()[of.text]
	if !ok || of.kind != isString {
		s.fail(unsupported(place, "the format %q", of.text))
		return nil
	}
	x, err := parseRegex(expression, place)
	if err != nil {
		s.fail(err)
		return nil
	}
	return s.determine(x, nil)
}
