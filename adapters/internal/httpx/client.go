package httpx

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Options configure a Client. The zero value reaches public addresses only,
// follows no redirect and trusts the system's roots.
type Options struct {
	// Endpoints are URLs or host:port of a channel's own configuration. They alone may
	// be private addresses. A client that fetches addresses somebody else chose (a
	// customer's link, a network's answer) must have none.
	Endpoints []string
	// CAFile holds PEM certificates trusted beside the system's.
	CAFile string
	// Proxy is used for the endpoints and nothing else: http, https or socks5, with
	// credentials if need be.
	Proxy string
	// MaxRedirects followed; zero hands a redirect to the caller as it came.
	MaxRedirects int
	// DialTimeout bounds connecting and the TLS handshake each; default 10 s.
	DialTimeout time.Duration
	// Redactor cleans every error; nil cleans URLs only.
	Redactor *Redactor
}

// Client is safe for concurrent use. It has no overall timeout: a request lives as
// long as its context, since long polls and files take their time.
type Client struct {
	http   *http.Client
	redact *Redactor
}

// New builds a client; it fails on unreadable roots and malformed addresses.
func New(o Options) (*Client, error) {
	if o.DialTimeout <= 0 {
		o.DialTimeout = 10 * time.Second
	}
	redact := o.Redactor
	if redact == nil {
		redact = NewRedactor()
	}
	g, err := newGuard(o)
	if err != nil {
		return nil, redact.Error(err)
	}
	if g.proxy != nil {
		if pw, ok := g.proxy.User.Password(); ok {
			redact.Add(pw)
		}
	}
	roots, err := trust(o.CAFile)
	if err != nil {
		return nil, redact.Error(err)
	}
	t := &http.Transport{
		DialContext:           g.dial,
		Proxy:                 g.proxyFor,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:   o.DialTimeout,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   16, // one long poll, and sends side by side
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
	return &Client{redact: redact, http: &http.Client{Transport: t, CheckRedirect: g.redirect(o.MaxRedirects)}}, nil
}

// Do sends r. Its error is free of URLs and secrets, and keeps the cause for
// errors.Is and errors.As. The caller bounds and closes the body.
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(r)
	if err != nil {
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		return nil, c.redact.Error(err)
	}
	return resp, nil
}

// CloseIdle closes connections that wait for the next request. Call it when the
// channel stops.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// trust is the system's roots and those of the file; nil means the system's alone.
func trust(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read trusted certificates: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read trusted certificates: no PEM certificate in %s", file)
	}
	return pool, nil
}

// HostPort is the address a URL is dialled at, lower case and with its port, or s
// itself when it is host:port already.
func HostPort(s string) (string, error) {
	if !strings.Contains(s, "://") {
		s = "//" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", errors.New("malformed address") // url.Parse's error would quote it
	}
	port := u.Port()
	if port == "" {
		switch u.Scheme {
		case "http":
			port = "80"
		case "https":
			port = "443"
		case "socks5":
			port = "1080"
		default:
			return "", fmt.Errorf("address %q has no port", u.Host)
		}
	}
	if u.Hostname() == "" {
		return "", errors.New("address without a host")
	}
	return joinHostPort(u.Hostname(), port), nil
}
