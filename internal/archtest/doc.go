// Package archtest holds the walls of the house: tests that fail when a package
// imports what it may not, or has no comment saying what it is. It is no part of
// the product.
package archtest
