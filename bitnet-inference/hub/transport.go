package hub

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// newTransport makes connections for parts of files: as many as one asks for, since who waits for one would be taken
// for stalled, HTTP/1.1, because parts that share an HTTP/2 connection share its window too, and nothing is decompressed.
func newTransport(g *guard, connections int) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  g.proxy,
		DialContext:            g.dial,
		Protocols:              &protocols,
		DisableCompression:     true,
		TLSHandshakeTimeout:    15 * time.Second,
		IdleConnTimeout:        30 * time.Second,
		MaxIdleConnsPerHost:    connections,
		MaxResponseHeaderBytes: 256 << 10,
		ReadBufferSize:         16 << 10, // what is longer goes past it, into a block
	}
}

// A guard decides what a hub may make this machine connect to. A hub on the internet has
// no business with addresses of the user's own network, which it could name in a
// redirect. The endpoint itself is the user's choice, and where that is private others may be too: as the first
// connection to it shows. A name that leads elsewhere later is not the user's choice any more.
type guard struct {
	endpoint string // host:port
	private  atomic.Bool
	first    sync.Once // connection to the endpoint
	proxies  sync.Map  // host:port of the user's proxies
}

func newGuard(endpoint *url.URL) *guard {
	g := &guard{endpoint: address(endpoint)}
	g.private.Store(isPrivateName(endpoint.Hostname()))
	return g
}

// address is the host:port that a URL leads to.
func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

func (g *guard) proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if u != nil {
		g.proxies.Store(address(u), true)
	}
	return u, err
}

// dial connects, and looks at the address after the name was resolved: that is the one that counts.
func (g *guard) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	addr = strings.ToLower(addr)
	if addr == g.endpoint {
		conn, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		if err := g.reached(conn.RemoteAddr().String()); err != nil {
			_ = conn.Close() // nothing was sent
			return nil, err
		}
		return conn, nil
	}
	if _, ok := g.proxies.Load(addr); !ok {
		d.Control = func(_, resolved string, _ syscall.RawConn) error { return g.allow(addr, resolved) }
	}
	return d.DialContext(ctx, network, addr)
}

// reached takes note of where the endpoint is, and refuses what does not fit that.
func (g *guard) reached(resolved string) error {
	g.first.Do(func() {
		if isPrivateAddress(resolved) {
			g.private.Store(true)
		}
	})
	return g.allow(g.endpoint, resolved)
}

func (g *guard) allow(addr, resolved string) error {
	if !g.private.Load() && isPrivateAddress(resolved) {
		return fmt.Errorf("%w: the hub sends this machine to %s (%s), an address of its own network", ErrDangerous, addr, resolved)
	}
	return nil
}

// redirect checks where an answer leads before anything is sent there.
func (g *guard) redirect(from, to *url.URL) error {
	switch {
	case to.Scheme != "http" && to.Scheme != "https":
		return fmt.Errorf("%w: %s leads to an address with %q", ErrDangerous, from.Host, to.Scheme+":")
	case to.Hostname() == "":
		return fmt.Errorf("%w: %s leads to an address without a host", ErrDangerous, from.Host)
	case from.Scheme == "https" && to.Scheme != "https":
		return fmt.Errorf("%w: %s leads from https to http", ErrDangerous, from.Host)
	case !g.private.Load() && address(to) != g.endpoint && isPrivateName(to.Hostname()):
		return fmt.Errorf("%w: %s leads to %s, an address of this machine's own network", ErrDangerous, from.Host, to.Host)
	}
	return nil
}

// isPrivateName is for hosts whose name says it.
func isPrivateName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && isPrivate(ip)
}

// isPrivateAddress takes host:port; what it cannot read is private.
func isPrivateAddress(addr string) bool {
	a, err := netip.ParseAddrPort(addr)
	return err != nil || isPrivate(a.Addr())
}

// notPublic are ranges that netip has no predicates for (RFC 6890): this network, carrier-grade
// NAT, protocol assignments, documentation, benchmarks, reserved ones.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("100::/64"),
}

// translated are ranges of IPv6 whose addresses hold one of IPv4 at an offset (NAT64, 6to4).
var translated = []struct {
	netip.Prefix
	at int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12},
	{netip.MustParsePrefix("2002::/16"), 2},
}

func isPrivate(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return true // loopback, link-local, multicast, broadcast and unspecified are not global
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return true
		}
	}
	for _, t := range translated {
		if t.Contains(ip) {
			b := ip.As16()
			return isPrivate(netip.AddrFrom4([4]byte(b[t.at : t.at+4])))
		}
	}
	return false
}
