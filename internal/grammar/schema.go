package grammar

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Schema is the JSON texts that are valid under a JSON Schema (2020-12), of the part
// of it that can be kept while a text is written from its start to its end. Objects
// have their properties in the order of the schema, and none that it does not name,
// unless it names none. Whatever else would be valid is not written.
func Schema(source string) (Language, error) {
	if len(source) > sourceBytesMax {
		return Language{}, tooLarge("#", "the schema has more than %d bytes", sourceBytesMax)
	}
	root, err := parseJSON(source)
	if err != nil {
		return Language{}, err
	}
	s := &schemas{values: newValues(), budget: newBudget(), root: &root, rules: map[string]*rule{}}
	x := s.at(&root, "#")
	if s.err != nil {
		return Language{}, s.err
	}
	return Language{x}, nil
}

// schemas turns the schemas of a document into rules.
type schemas struct {
	*values
	*budget
	root  *value
	rules map[string]*rule // by place
}

func (s *schemas) fail(err error) node {
	if s.err == nil {
		s.err = err
	}
	return alt{}
}

// at is a place of the document below another.
func at(place string, key any) string {
	switch key := key.(type) {
	case int:
		return place + "/" + strconv.Itoa(key)
	case string:
		return place + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
	}
	return place
}

// at is the rule of the schema at a place, made when it is first asked for, so that
// schemas may refer to one another.
func (s *schemas) at(v *value, place string) node {
	r := s.rules[place]
	if r == nil {
		r = &rule{name: place}
		if len(s.rules) == rulesMax {
			return s.fail(tooLarge(place, "the schema has more than %d parts", rulesMax))
		}
		s.rules[place] = r
		r.body = s.read(v, place)
	}
	if c, ok := r.body.(call); ok {
		return c // nothing but another rule
	}
	return call{r, 1, 1}
}

// What a schema may say. What only describes is passed over.
func describing() []string {
	return []string{"$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default",
		"examples", "example", "deprecated", "readOnly", "writeOnly", "discriminator"}
}

func deciding() []string { return []string{"$ref", "enum", "const", "anyOf", "allOf", "type"} }

func limiting() []string {
	return []string{"properties", "required", "additionalProperties", "items", "minItems", "maxItems", "uniqueItems",
		"pattern", "format", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
}

func (s *schemas) read(v *value, place string) node {
	if s.err != nil {
		return alt{}
	}
	if v.kind == isBool {
		if v.truth {
			return call{s.any, 1, 1}
		}
		return alt{}
	}
	if v.kind != isObject {
		return s.fail(invalid(place, "a schema is an object or a boolean, not %s", v.kind))
	}
	for _, key := range v.keys {
		if !slices.Contains(describing(), key) && !slices.Contains(deciding(), key) && !slices.Contains(limiting(), key) {
			return s.fail(unsupported(at(place, key), "the keyword %q", key))
		}
	}
	for _, key := range deciding() {
		if of := v.get(key); of != nil {
			return s.decided(v, key, of, place)
		}
	}
	return s.untyped(v, place)
}

// decided reads a schema by the keyword that decides it.
func (s *schemas) decided(v *value, key string, of *value, place string) node {
	if key == "type" {
		return s.typed(v, of, place)
	}
	for _, other := range v.keys {
		beside := slices.Contains(deciding(), other) || slices.Contains(limiting(), other)
		if beside && other != key && (other != "type" || key != "enum" && key != "const") {
			return s.fail(unsupported(at(place, other), "the keyword %q beside %q", other, key))
		}
	}
	place = at(place, key)
	switch key {
	case "$ref":
		return s.reference(of, place)
	case "const":
		return s.constants([]value{*of}, v.get("type"), place)
	case "enum":
		if of.kind != isArray || len(of.items) == 0 {
			return s.fail(invalid(place, "enum is a list of values"))
		}
		return s.constants(of.items, v.get("type"), place)
	}
	if of.kind != isArray || len(of.items) == 0 {
		return s.fail(invalid(place, "%s is a list of schemas", key))
	}
	if key == "allOf" && len(of.items) > 1 {
		return s.fail(unsupported(place, "allOf of more than one schema"))
	}
	var a alt
	for i := range of.items {
		a = append(a, s.at(&of.items[i], at(place, i)))
	}
	if len(a) == 1 {
		return a[0]
	}
	return a
}

// reference finds the schema that a $ref points to, within the document.
func (s *schemas) reference(of *value, place string) node {
	if of.kind != isString || !strings.HasPrefix(of.text, "#") {
		return s.fail(unsupported(place, "a $ref to another document"))
	}
	pointer, err := url.PathUnescape(of.text[1:])
	if err != nil || pointer != "" && pointer[0] != '/' {
		return s.fail(unsupported(place, "a $ref that is no JSON pointer"))
	}
	target := s.root
	for _, key := range strings.Split(pointer, "/")[1:] {
		key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
		if target = target.child(key); target == nil {
			return s.fail(invalid(place, "there is nothing at %s", of.text))
		}
	}
	return s.at(target, "#"+pointer)
}

// child is a member or an item.
func (v *value) child(key string) *value {
	if i, err := strconv.Atoi(key); err == nil && v.kind == isArray && i >= 0 && i < len(v.items) {
		return &v.items[i]
	}
	return v.get(key)
}

// constants are the values themselves, of those types that are allowed.
func (s *schemas) constants(list []value, types *value, place string) node {
	var a alt
	for i := range list {
		if types == nil || s.isOf(&list[i], types, place) {
			var b strings.Builder
			list[i].write(&b)
			a = append(a, literal(b.String()))
		}
	}
	if len(a) == 0 {
		return s.fail(invalid(place, "no value has the type that is asked for"))
	}
	return a
}

func (s *schemas) isOf(v, types *value, place string) bool {
	for _, t := range s.types(types, place) {
		if t == string(v.kind) || t == "integer" && v.kind == isNumber && isWhole(v.text) {
			return true
		}
	}
	return false
}

// types are what the keyword type says: one or several.
func (s *schemas) types(v *value, place string) (list []string) {
	all := []value{*v}
	if v.kind == isArray {
		all = v.items
	}
	known := []string{"null", "boolean", "integer", "number", "string", "array", "object"}
	for _, t := range all {
		if t.kind != isString || !slices.Contains(known, t.text) {
			s.fail(invalid(place, "type is one or several of %s", strings.Join(known, ", ")))
			return nil
		}
		list = append(list, t.text)
	}
	return list
}

func (s *schemas) typed(v, types *value, place string) node {
	var a alt
	for _, t := range s.types(types, at(place, "type")) {
		a = append(a, s.ofType(t, v, place))
	}
	if len(a) == 1 {
		return a[0]
	}
	return a
}

// untyped is a schema without type. Its limits are for one type, which is then the
// one that is written; without limits it is any value.
func (s *schemas) untyped(v *value, place string) node {
	for _, key := range v.keys {
		switch key {
		case "properties", "required", "additionalProperties":
			return s.ofType("object", v, place)
		case "items", "minItems", "maxItems", "uniqueItems":
			return s.ofType("array", v, place)
		case "pattern", "format", "minLength", "maxLength":
			return s.ofType("string", v, place)
		case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
			return s.ofType("number", v, place)
		}
	}
	return call{s.any, 1, 1}
}

func (s *schemas) ofType(t string, v *value, place string) node {
	switch t {
	case "null":
		return literal("null")
	case "boolean":
		return alt{literal("true"), literal("false")}
	case "integer", "number":
		return s.numeric(v, t == "integer", place)
	case "string":
		return s.textual(v, place)
	case "array":
		return s.listed(v, place)
	}
	return s.objectOf(v, place)
}

func (s *schemas) listed(v *value, place string) node {
	if u := v.get("uniqueItems"); u != nil && u.truth {
		return s.fail(unsupported(at(place, "uniqueItems"), "the keyword %q", "uniqueItems"))
	}
	least, most := s.limits(v, "minItems", "maxItems", place)
	of := node(call{s.any, 1, 1})
	if items := v.get("items"); items != nil {
		of = s.at(items, at(place, "items"))
	} else if least == 0 && most == unlimited {
		return call{s.array, 1, 1}
	}
	return s.list(of, least, most)
}

// limits are two counts.
func (s *schemas) limits(v *value, low, high, place string) (least, most int) {
	least, most = s.count(v, low, 0, place), s.count(v, high, unlimited, place)
	if most >= 0 && most < least {
		s.fail(invalid(at(place, high), "%s is below %s", high, low))
	}
	return least, most
}

func (s *schemas) count(v *value, key string, otherwise int, place string) int {
	of := v.get(key)
	if of == nil {
		return otherwise
	}
	n, err := strconv.Atoi(strings.TrimSuffix(of.text, ".0"))
	if of.kind != isNumber || err != nil || n < 0 {
		s.fail(invalid(at(place, key), "%s is a whole number, not below 0", key))
		return otherwise
	}
	if n > countMax {
		s.fail(tooLarge(at(place, key), "%s is more than %d", key, countMax))
	}
	return n
}

func (s *schemas) objectOf(v *value, place string) node {
	required := s.required(v, place)
	more := v.get("additionalProperties")
	properties := v.get("properties")
	if properties != nil && properties.kind != isObject {
		return s.fail(invalid(at(place, "properties"), "properties is an object"))
	}
	if (properties == nil || len(properties.keys) == 0) && len(required) == 0 {
		switch {
		case more == nil || more.kind == isBool && more.truth:
			return call{s.object, 1, 1}
		case more.kind == isBool:
			return s.fixed(nil)
		}
		return s.pairs(s.at(more, at(place, "additionalProperties")))
	}
	var list []member
	if properties != nil {
		for i, key := range properties.keys {
			of := s.at(&properties.members[i], at(at(place, "properties"), key))
			needed := slices.Contains(required, key)
			if !needed && isNothing(&properties.members[i]) {
				continue // a property that may not be there
			}
			list = append(list, s.member(key, of, needed))
		}
	}
	for _, key := range required {
		if properties.has(key) {
			continue
		}
		of := node(call{s.any, 1, 1})
		if more != nil {
			of = s.at(more, at(place, "additionalProperties"))
		}
		list = append(list, s.member(key, of, true))
	}
	return s.fixed(list)
}

// isNothing reports whether a schema is false, under which nothing is valid.
func isNothing(v *value) bool { return v.kind == isBool && !v.truth }

// has reports whether an object that may be nil has the key.
func (v *value) has(key string) bool { return v != nil && v.get(key) != nil }

func (s *schemas) required(v *value, place string) (keys []string) {
	of := v.get("required")
	if of == nil {
		return nil
	}
	for _, key := range of.items {
		if key.kind == isString && !slices.Contains(keys, key.text) {
			keys = append(keys, key.text)
		}
	}
	if of.kind != isArray || slices.ContainsFunc(of.items, func(k value) bool { return k.kind != isString }) {
		s.fail(invalid(at(place, "required"), "required is a list of names"))
	}
	return keys
}
