package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// own is the condition that a conversation is somebody's, with its arguments.
func own(by hearth.Principal) (condition string, arg string) {
	if by.Person != "" {
		return "c.person_id = ?", by.Person
	}
	return "c.key_id = ?", by.KeyID
}

const conversationColumns = `c.id, coalesce(c.person_id, ''), coalesce(c.key_id, ''), coalesce(p.name, k.name, ''), c.tenant_id, c.title, c.shared, c.revision, c.created, c.updated`

const conversationTables = ` FROM conversations c LEFT JOIN people p ON p.id = c.person_id LEFT JOIN keys k ON k.id = c.key_id `

func scanConversation(row scanner, more ...any) (c hearth.Conversation, err error) {
	var created, updated int64
	err = row.Scan(append([]any{&c.ID, &c.Person, &c.Key, &c.Owner, &c.Tenant, &c.Title, &c.Shared, &c.Revision, &created, &updated}, more...)...)
	c.Created, c.Updated = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	return c, err
}

// Conversations lists conversations without their bodies, the latest first.
func (s *Store) Conversations(ctx context.Context, by hearth.Principal, q hearth.ConversationQuery) ([]hearth.Conversation, error) {
	where, arg := own(by)
	args := []any{arg}
	if q.Shared {
		where, args = "c.shared = 1 AND c.tenant_id = ? AND NOT ("+where+")", []any{by.Tenant, arg}
	}
	if !q.Before.IsZero() {
		where, args = where+" AND c.updated < ?", append(args, q.Before.UnixMilli())
	}
	for word := range strings.FieldsSeq(strings.ToLower(q.Text)) {
		where, args = where+" AND instr(c.said, ?) > 0", append(args, word)
	}
	scan := func(row scanner) (hearth.Conversation, error) { return scanConversation(row) }
	return rows(ctx, s.db, scan, "SELECT "+conversationColumns+conversationTables+"WHERE "+where+" ORDER BY c.updated DESC, c.id LIMIT ?", append(args, q.Limit)...)
}

// Conversation returns one that somebody may read: their own, or one that is shared in
// their tenant. Any other is not there.
func (s *Store) Conversation(ctx context.Context, by hearth.Principal, id string) (hearth.Conversation, error) {
	where, arg := own(by)
	var body []byte
	c, err := scanConversation(s.db.QueryRowContext(ctx, "SELECT "+conversationColumns+", c.body"+conversationTables+
		"WHERE c.id = ? AND ("+where+" OR c.shared = 1 AND c.tenant_id = ?)", id, arg, by.Tenant), &body)
	if errors.Is(err, sql.ErrNoRows) {
		return c, hearth.NewError(hearth.NoSuchConversation, "conversation", id)
	}
	c.Body = body
	return c, err
}

// PutConversation keeps a conversation in the place of the revision it was made from: 0
// where there is none yet. It returns the new one.
func (s *Store) PutConversation(ctx context.Context, by hearth.Principal, c hearth.Conversation) (revision int64, err error) {
	where, arg := own(by)
	err = s.within(ctx, func(tx *sql.Tx) error {
		var mine bool
		err := tx.QueryRowContext(ctx, "SELECT c.revision, "+where+" FROM conversations c WHERE c.id = ?", arg, c.ID).Scan(&revision, &mine)
		switch {
		case errors.Is(err, sql.ErrNoRows) && c.Revision != 0:
			return hearth.NewError(hearth.NoSuchConversation, "conversation", c.ID)
		case errors.Is(err, sql.ErrNoRows):
			revision = 1
			return addConversation(ctx, tx, by, c)
		case err != nil:
			return err
		case !mine:
			return hearth.NewError(hearth.NoSuchConversation, "conversation", c.ID)
		case revision != c.Revision:
			return hearth.NewError(hearth.ConversationChanged, "conversation", c.ID)
		}
		revision++
		_, err = tx.ExecContext(ctx, "UPDATE conversations SET title = ?, revision = ?, updated = ?, body = ?, bytes = ?, said = ? WHERE id = ?",
			c.Title, revision, c.Updated.UnixMilli(), c.Body, len(c.Body), strings.ToLower(c.Said), c.ID)
		return err
	})
	return revision, err
}

func addConversation(ctx context.Context, tx *sql.Tx, by hearth.Principal, c hearth.Conversation) error {
	where, arg := own(by)
	var n int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM conversations c WHERE "+where, arg).Scan(&n); err != nil {
		return err
	}
	if n >= hearth.ConversationsMax {
		return hearth.NewError(hearth.OutOfRange, "field", "the number of conversations", "min", 0, "max", hearth.ConversationsMax)
	}
	var person, key any = by.Person, nil
	if by.Person == "" {
		person, key = nil, by.KeyID
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO conversations (id, person_id, key_id, tenant_id, title, revision, created, updated, body, bytes, said)
		VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)`,
		c.ID, person, key, by.Tenant, c.Title, c.Created.UnixMilli(), c.Updated.UnixMilli(), c.Body, len(c.Body), strings.ToLower(c.Said))
	return err
}

// ShareConversation lets everybody of the tenant read one of somebody's own, or no more.
func (s *Store) ShareConversation(ctx context.Context, by hearth.Principal, id string, shared bool) error {
	where, arg := own(by)
	return s.changed(ctx, hearth.NewError(hearth.NoSuchConversation, "conversation", id),
		"UPDATE conversations AS c SET shared = ? WHERE c.id = ? AND "+where, shared, id, arg)
}

// RemoveConversation forgets one of somebody's own.
func (s *Store) RemoveConversation(ctx context.Context, by hearth.Principal, id string) error {
	where, arg := own(by)
	return s.changed(ctx, hearth.NewError(hearth.NoSuchConversation, "conversation", id), "DELETE FROM conversations AS c WHERE c.id = ? AND "+where, id, arg)
}

// PutFeedback keeps what somebody thinks of an answer in one of their own conversations,
// in the place of what they thought before.
func (s *Store) PutFeedback(ctx context.Context, by hearth.Principal, f hearth.Feedback) error {
	where, arg := own(by)
	return s.changed(ctx, hearth.NewError(hearth.NoSuchConversation, "conversation", f.Conversation),
		`INSERT INTO feedback (conversation_id, turn, model, good, reason, comment, at)
			SELECT c.id, ?, ?, ?, ?, ?, ? FROM conversations c WHERE c.id = ? AND `+where+`
			ON CONFLICT (conversation_id, turn) DO UPDATE SET model = excluded.model, good = excluded.good, reason = excluded.reason, comment = excluded.comment, at = excluded.at`,
		f.Turn, f.Model, f.Good, f.Reason, f.Comment, f.At.Unix(), f.Conversation, arg)
}

// RemoveFeedback takes back what somebody thought.
func (s *Store) RemoveFeedback(ctx context.Context, by hearth.Principal, conversation, turn string) error {
	where, arg := own(by)
	return s.changed(ctx, hearth.NewError(hearth.NoSuchConversation, "conversation", conversation), `DELETE FROM feedback WHERE turn = ? AND conversation_id IN
		(SELECT c.id FROM conversations c WHERE c.id = ? AND `+where+")", turn, conversation, arg)
}

// Feedback lists what people thought of answers, the latest first.
func (s *Store) Feedback(ctx context.Context, limit int) ([]hearth.Feedback, error) {
	return rows(ctx, s.db, func(row scanner) (f hearth.Feedback, err error) {
		var at int64
		err = row.Scan(&f.Conversation, &f.Turn, &f.Model, &f.Good, &f.Reason, &f.Comment, &at)
		f.At = moment(at)
		return f, err
	}, "SELECT conversation_id, turn, model, good, reason, comment, at FROM feedback ORDER BY at DESC, turn LIMIT ?", limit)
}
