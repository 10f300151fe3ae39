package hub

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options of a [Client]. The zero value asks huggingface.co without a token; [FromEnvironment]
// fills in what the user has set.
type Options struct {
	Endpoint string // "" is https://huggingface.co
	Token    string
	Cache    string // the store's directory; must be set
	Offline  bool   // Resolve and Pull refuse
	// NoSymlinks has files in snapshots that are no links to blobs, as where a system makes none.
	NoSymlinks bool
	// UserAgent names the program: "bitnet/1.0". "" is "bitnet".
	UserAgent string

	Connections int           // at most, of one Pull; 0 is 8, and 256 the most
	PartSize    int64         // bytes that a connection asks for at once; 0 is 8 MiB, and 1 GiB the most
	Stall       time.Duration // a connection that brings nothing for so long is cut; 0 is 30 s
	Attempts    int           // in a row that bring nothing, before one gives up; 0 is 6
}

// A Client fetches models from one hub into one store. It may be used by several goroutines
// at once; Close it after use.
type Client struct {
	store       *Store
	endpoint    *url.URL
	token       string
	offline     bool
	agent       string
	connections int
	partSize    int64
	block       int
	stall       time.Duration
	attempts    int
	firstWait   time.Duration
	noteEvery   time.Duration

	guard *guard
	http  *http.Client
}

const defaultEndpoint = "https://huggingface.co"

const (
	mostConnections = 256
	mostPart        = 1 << 30
)

// New makes a client, and the store's directory.
func New(o Options) (*Client, error) {
	if o.Endpoint == "" {
		o.Endpoint = defaultEndpoint
	}
	endpoint, err := url.Parse(strings.TrimRight(o.Endpoint, "/"))
	if err != nil || endpoint.Scheme != "http" && endpoint.Scheme != "https" || endpoint.Host == "" ||
		endpoint.User != nil || endpoint.RawQuery != "" || endpoint.Fragment != "" {
		if endpoint == nil {
			endpoint = &url.URL{}
		}
		shown := url.URL{Scheme: endpoint.Scheme, Host: endpoint.Host, Path: endpoint.Path} // and no password
		return nil, fmt.Errorf("HF_ENDPOINT %q is no address of a hub, which are like %s", shown.String(), defaultEndpoint)
	}
	if isHub(endpoint.Host) { // its other names lead there, and a token does not follow
		endpoint, err = url.Parse(defaultEndpoint)
		if err != nil {
			return nil, err
		}
	}
	for _, c := range []byte(o.Token) {
		if c <= ' ' || c > '~' {
			return nil, errors.New("the token (HF_TOKEN, or the file HF_TOKEN_PATH) has characters that no token has")
		}
	}
	store, err := OpenStore(o.Cache)
	if err != nil {
		return nil, err
	}
	store.noSymlinks = o.NoSymlinks
	c := &Client{
		store: store, endpoint: endpoint, token: o.Token, offline: o.Offline, agent: o.UserAgent,
		connections: o.Connections, partSize: o.PartSize, block: blockSize, stall: o.Stall, attempts: o.Attempts, firstWait: firstWait, noteEvery: noteEvery,
	}
	if c.agent == "" {
		c.agent = "bitnet"
	}
	if c.connections <= 0 {
		c.connections = 8
	}
	c.connections = min(c.connections, mostConnections)
	if c.partSize <= 0 {
		c.partSize = 8 << 20
	}
	c.partSize = min(c.partSize, mostPart)
	if c.stall <= 0 {
		c.stall = 30 * time.Second
	}
	if c.attempts <= 0 {
		c.attempts = 6
	}
	c.guard = newGuard(endpoint)
	c.http = &http.Client{
		Transport:     newTransport(c.guard, c.connections),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // see request.go
	}
	return c, nil
}

// window is how many bytes of a file are asked for at once, on all connections.
func (c *Client) window() int64 { return int64(c.connections) * c.partSize }

// Store is where models go.
func (c *Client) Store() *Store { return c.store }

// Close closes idle connections and the store.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return c.store.Close()
}
