module github.com/hearthbox/hearth

go 1.26

ignore ./console/node_modules
