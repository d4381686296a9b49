package lab

import (
	"fmt"
	"net/http"
	"strings"
)

// ServeRegistry answers every image pull of the node: it has nothing. Repositories below "private/" need a login.
func ServeRegistry(address string) error {
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		code, status := "MANIFEST_UNKNOWN", http.StatusNotFound
		switch {
		case r.URL.Path == "/v2/":
			code, status = "", http.StatusOK
		case strings.HasPrefix(r.URL.Path, "/v2/private/"):
			code, status = "DENIED", http.StatusForbidden
		}
		w.WriteHeader(status)
		if code != "" {
			fmt.Fprintf(w, `{"errors":[{"code":%q,"message":"refused by the test registry"}]}`, code)
		}
	}))
}
