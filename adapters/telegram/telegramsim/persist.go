package telegramsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const stateFile = "state.json"

// saved wraps the state with a version, so that an old file is refused, not
// misread.
type saved struct {
	Version int
	State   *state
}

const stateVersion = 1

// Save writes the state to Dir/state.json now, replacing the old one whole.
func (s *Server) Save() error {
	s.mu.Lock()
	s.st.List = nil
	for _, k := range s.st.Chats {
		s.st.List = append(s.st.List, k)
	}
	b, err := json.Marshal(saved{stateVersion, s.st})
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("telegramsim: encode state: %w", err)
	}
	tmp := filepath.Join(s.dir, stateFile+".new")
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("telegramsim: save state: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(s.dir, stateFile)); err != nil {
		return fmt.Errorf("telegramsim: save state: %w", err)
	}
	return nil
}

// load reads a saved state and reports whether there was one.
func (s *Server) load() (bool, error) {
	if !s.opts.Persist {
		return false, nil
	}
	b, err := os.ReadFile(filepath.Join(s.dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("telegramsim: load state: %w", err)
	}
	in := saved{State: newState()}
	if err := json.Unmarshal(b, &in); err != nil {
		return false, fmt.Errorf("telegramsim: load %s: %w", stateFile, err)
	}
	if in.Version != stateVersion {
		return false, fmt.Errorf("telegramsim: %s has version %d, want %d: delete it", stateFile, in.Version, stateVersion)
	}
	s.st = in.State
	for _, k := range s.st.List {
		s.st.Chats[k.Place] = k
	}
	s.st.List = nil
	for _, b := range s.st.Bots {
		b.wake = make(chan struct{})
		s.byToken[b.Token] = b
		if b.Hook.URL != "" {
			s.startSender(b)
		}
	}
	for _, f := range s.st.Files {
		f.Path = filepath.Join(s.dir, "files", f.Key) // the folder may have moved
	}
	return true, nil
}

// Seeding is what a server starts with. Ids left out are chosen; names given in
// "bot", "owner" and "members" are usernames or numbers.
type Seeding struct {
	Bots   []BotOptions `json:"bots"`
	People []Person     `json:"people"`
	Groups []SeedGroup  `json:"groups"`
	// Starts are private chats already begun: person and bot by username.
	Starts []SeedStart `json:"starts"`
	Limits *Limits     `json:"limits,omitempty"`
	Knobs  *Knobs      `json:"knobs,omitempty"` // those left out of a file keep their defaults
}

// SeedGroup is a group whose people and bots are named by username.
type SeedGroup struct {
	ID      int64    `json:"id,omitempty"`
	Title   string   `json:"title"`
	Kind    string   `json:"kind,omitempty"`
	Forum   bool     `json:"forum"`
	Owner   string   `json:"owner"`
	Members []string `json:"members"`
	Bots    []string `json:"bots"`
}

// SeedStart is a person who has pressed Start.
type SeedStart struct {
	Person string `json:"person"`
	Bot    string `json:"bot"`
}

// ReadSeeding reads a JSON file; unknown keys are errors.
func ReadSeeding(path string) (*Seeding, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("telegramsim: %w", err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	k := DefaultKnobs()
	seed := Seeding{Knobs: &k}
	if err := d.Decode(&seed); err != nil {
		return nil, fmt.Errorf("telegramsim: %s: %w", path, err)
	}
	return &seed, nil
}

// Apply adds what a seeding names.
func (s *Server) Apply(seed Seeding) error {
	if seed.Limits != nil {
		s.SetLimits(*seed.Limits)
	}
	if seed.Knobs != nil {
		s.SetKnobs(*seed.Knobs)
	}
	for _, b := range seed.Bots {
		if _, _, err := s.MakeBot(b); err != nil {
			return err
		}
	}
	for _, p := range seed.People {
		s.AddUser(p)
	}
	for _, g := range seed.Groups {
		o := GroupOptions{ID: g.ID, Title: g.Title, Kind: g.Kind, Forum: g.Forum}
		var err error
		if o.Owner, err = s.named(g.Owner); err != nil {
			return err
		}
		for _, n := range g.Members {
			id, err := s.named(n)
			if err != nil {
				return err
			}
			o.Members = append(o.Members, id)
		}
		for _, n := range g.Bots {
			id, err := s.named(n)
			if err != nil {
				return err
			}
			o.Bots = append(o.Bots, id)
		}
		if _, err := s.AddGroup(o); err != nil {
			return err
		}
	}
	for _, st := range seed.Starts {
		p, err := s.named(st.Person)
		if err != nil {
			return err
		}
		b, err := s.named(st.Bot)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.privateFor(b, p).Started = true
		s.mu.Unlock()
	}
	return nil
}

// named finds an account by username or number.
func (s *Server) named(name string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, a := range s.st.Users {
		if a.Username != "" && a.Username == name || fmt.Sprint(id) == name {
			return id, nil
		}
	}
	return 0, fmt.Errorf("telegramsim: nobody is called %q", name)
}
