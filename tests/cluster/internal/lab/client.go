package lab

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// client speaks to the API server as one identity.
type client struct {
	server string
	http   *http.Client
}

func newClient(server string, ca []byte, pair keyPair) (*client, error) {
	certificate, err := tls.X509KeyPair(pair.certPEM, pair.keyPEM)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := &http.Transport{
		Proxy:             nil,
		ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{certificate},
			RootCAs:      pool,
		},
	}
	return &client{server, &http.Client{Transport: transport}}, nil
}

// adminClient is the program's own identity: the audit policy leaves it out.
func adminClient(l layout, server string) (*client, error) {
	return identityClient(l, server, "kmg-testcluster", "system:masters")
}

func identityClient(l layout, server, user string, groups ...string) (*client, error) {
	pair, caPEM, err := mint(l, user, groups...)
	if err != nil {
		return nil, err
	}
	return newClient(server, caPEM, pair)
}

func mint(l layout, user string, groups ...string) (keyPair, []byte, error) {
	ca, err := loadAuthority(l.at("pki"))
	if err != nil {
		return keyPair{}, nil, err
	}
	caPEM, err := os.ReadFile(l.caFile())
	if err != nil {
		return keyPair{}, nil, err
	}
	pair, err := ca.clientPair(user, groups...)
	return pair, caPEM, err
}

func (c *client) send(ctx context.Context, method, path, contentType string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

// call wants success and decodes the answer into out, if there is one.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	contentType := "application/json"
	if method == http.MethodPatch {
		contentType = "application/merge-patch+json"
	}
	status, text, err := c.send(ctx, method, path, contentType, body)
	if err != nil {
		return err
	}
	if status >= 300 {
		return fmt.Errorf("%s %s: %d %s", method, path, status, strings.TrimSpace(string(text)))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func (c *client) succeeds(ctx context.Context, path string) bool {
	status, _, err := c.send(ctx, http.MethodGet, path, "", nil)
	return err == nil && status == http.StatusOK
}

// waitUntil polls until done says so, a process has failed, or the time is up.
func waitUntil(outer context.Context, limit time.Duration, what string, failure func() error, done func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(outer, limit)
	defer cancel()
	for {
		if done(ctx) {
			return nil
		}
		if err := failure(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			if outer.Err() != nil {
				return fmt.Errorf("%s: interrupted", what)
			}
			return fmt.Errorf("%s: not within %s", what, limit)
		case <-time.After(40 * time.Millisecond):
		}
	}
}
