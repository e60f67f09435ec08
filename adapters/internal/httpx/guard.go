package httpx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// ErrForbiddenAddress is in the chain of every error about an address that may not
// be reached.
var ErrForbiddenAddress = errors.New("address not allowed")

// guard decides where a client may connect. Addresses are judged when they are
// dialled, after the name was resolved, so that a name cannot be checked as one
// address and dialled as another.
type guard struct {
	exempt map[string]bool // host:port of the channel's own endpoints
	via    string          // the proxy's host:port
	proxy  *url.URL
	open   net.Dialer // for exempt addresses
	closed net.Dialer // refuses what is not public
}

func newGuard(o Options) (*guard, error) {
	g := &guard{exempt: map[string]bool{}}
	g.open.Timeout, g.closed.Timeout = o.DialTimeout, o.DialTimeout
	g.closed.ControlContext = refusePrivate
	for _, e := range o.Endpoints {
		hp, err := HostPort(e)
		if err != nil {
			return nil, fmt.Errorf("endpoint: %w", err)
		}
		g.exempt[hp] = true
	}
	if o.Proxy == "" {
		return g, nil
	}
	u, err := url.Parse(o.Proxy)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		return nil, errors.New("proxy must be like http://host:port or socks5://host:port")
	}
	if g.via, err = HostPort(o.Proxy); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	g.proxy = u
	return g, nil
}

func (g *guard) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if hp := joinHostPort(host, port); g.exempt[hp] || g.via != "" && hp == g.via {
		return g.open.DialContext(ctx, network, addr)
	}
	return g.closed.DialContext(ctx, network, addr)
}

// proxyFor sends the endpoints' requests, and no others, through the proxy: a proxy
// would resolve names where nobody judges the address.
func (g *guard) proxyFor(r *http.Request) (*url.URL, error) {
	if g.proxy == nil || !g.exempt[requestHostPort(r)] {
		return nil, nil
	}
	return g.proxy, nil
}

// redirect judges each hop. The address itself is judged when it is dialled; what
// is refused here is a way around that: another scheme, or an exempt endpoint
// reached by somebody else's redirect, maybe over a connection that stands already.
func (g *guard) redirect(most int) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		if most == 0 {
			return http.ErrUseLastResponse
		}
		next.Header.Del("Referer") // it would carry the previous URL, maybe with a token
		last := via[len(via)-1]
		to := requestHostPort(next)
		switch {
		case len(via) > most:
			return fmt.Errorf("more than %d redirects", most)
		case next.URL.Scheme != "https" && next.URL.Scheme != "http":
			return fmt.Errorf("redirect to another scheme: %w", ErrForbiddenAddress)
		case last.URL.Scheme == "https" && next.URL.Scheme == "http":
			return fmt.Errorf("redirect from https to http: %w", ErrForbiddenAddress)
		case (g.exempt[to] || to == g.via) && requestHostPort(via[0]) != to:
			return fmt.Errorf("redirect to an endpoint: %w", ErrForbiddenAddress)
		}
		return nil
	}
}

func requestHostPort(r *http.Request) string {
	port := r.URL.Port()
	if port == "" {
		port = "80"
		if r.URL.Scheme == "https" {
			port = "443"
		}
	}
	return joinHostPort(r.URL.Hostname(), port)
}

// joinHostPort spells an address one way: names lower case and without a root dot.
func joinHostPort(host, port string) string {
	return net.JoinHostPort(strings.TrimSuffix(strings.ToLower(host), "."), port)
}

// refusePrivate runs after the name is resolved and before the socket connects.
func refusePrivate(_ context.Context, network, address string, _ syscall.RawConn) error {
	switch network {
	case "tcp4", "tcp6":
	default:
		return fmt.Errorf("%s: %w", network, ErrForbiddenAddress)
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !Public(ap.Addr()) {
		return ErrForbiddenAddress // without the address: it may be our own network's
	}
	return nil
}

// special lists what is not the public internet: IANA's special-purpose registries
// for IPv4 and IPv6 (RFC 6890 and its updates), with multicast and reserved space.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "5f00::/16",
)

var (
	globalV6 = netip.MustParsePrefix("2000::/3")
	nat64    = netip.MustParsePrefix("64:ff9b::/96")
	sixToV4  = netip.MustParsePrefix("2002::/16")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Public reports whether a is an address of the public internet. IPv4 inside IPv6
// (mapped, NAT64, 6to4) is judged by the IPv4 address; of IPv6 only global unicast
// passes.
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if a.Is6() {
		b := a.As16()
		switch {
		case nat64.Contains(a):
			return Public(netip.AddrFrom4([4]byte(b[12:16])))
		case sixToV4.Contains(a):
			return Public(netip.AddrFrom4([4]byte(b[2:6])))
		case !globalV6.Contains(a):
			return false
		}
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
