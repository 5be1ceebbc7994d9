package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/hearthbox/hearth"
)

// Limits of passwords.
const (
	passwordLeast    = 12  // characters
	passwordBytesMax = 512 // beyond which nothing is gained, and hashing costs
	passwordKinds    = 3   // of small letters, capitals, digits, others
	passwordsBefore  = 5   // that a new one may not be, the present one among them
)

// Cost of a hash, the first that OWASP recommends for argon2id: 19 MiB, two passes. So many
// are computed at once, so that whoever signs in often takes no memory from models.
const (
	hashKiB    = 19 << 10
	hashPasses = 2
	hashBytes  = 32
	saltBytes  = 16
	hashesMax  = 2
)

// checkPassword says what is wrong with a password that somebody chooses.
func checkPassword(password string, p hearth.Person) error {
	weak := func(en, zh string) error {
		return hearth.NewError(hearth.PasswordWeak, "detail", hearth.Words{en, zh}).At("password")
	}
	switch {
	case len(password) > passwordBytesMax:
		return weak("it is too long", "过长")
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl):
		return weak("it has characters that nobody types", "含有无法键入的字符")
	case utf8.RuneCountInString(password) < passwordLeast:
		return weak("it is too short", "过短")
	case kinds(password) < passwordKinds:
		return weak("its characters are of too few kinds", "字符种类过少")
	}
	lower := strings.ToLower(password)
	for _, name := range []string{p.Login, p.Name} {
		if len(name) >= 3 && strings.Contains(lower, strings.ToLower(name)) {
			return weak("it has the name in it", "包含用户名")
		}
	}
	return nil
}

// kinds counts the kinds of characters.
func kinds(password string) int {
	var small, capital, digit, other int
	for _, c := range password {
		switch {
		case unicode.IsLower(c):
			small = 1
		case unicode.IsUpper(c):
			capital = 1
		case unicode.IsDigit(c):
			digit = 1
		default:
			other = 1
		}
	}
	return small + capital + digit + other
}

// hashPassword is a password as it is kept: argon2id of its keyed hash, so that whoever
// has the rows alone can't even begin to guess.
func (a *Access) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // does not fail
	sum, err := a.argon2id(ctx, password, salt)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, hashKiB, hashPasses,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), err
}

// isPassword reports whether a password is the one that was kept. Where none was, it takes
// as long to say no.
func (a *Access) isPassword(ctx context.Context, password, kept string) (bool, error) {
	parts := strings.Split(kept, "$")
	if len(parts) != 6 {
		_, err := a.argon2id(ctx, password, make([]byte, saltBytes))
		return false, err
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("a password that is kept: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("a password that is kept: %w", err)
	}
	got, err := a.argon2id(ctx, password, salt)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

func (a *Access) argon2id(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case a.hashes <- struct{}{}:
	case <-ctx.Done():
		return nil, hearth.NewError(hearth.Canceled).Because(context.Cause(ctx))
	}
	defer func() { <-a.hashes }()
	return argon2.IDKey(a.keyed("password "+password), salt, hashPasses, hashKiB, 1, hashBytes), nil
}
