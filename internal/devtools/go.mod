// Tools for working on hearth. They have a module of their own, so that none of
// them is ever part of what is shipped.
module github.com/hearthbox/hearth/internal/devtools

go 1.26.0
