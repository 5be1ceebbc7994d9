module github.com/hearthbox/hearth

go 1.26.0

ignore ./console/node_modules

require golang.org/x/sys v0.49.0 // indirect
