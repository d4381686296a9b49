package lab

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
)

// Hosts of images that the registry answers in a way of their own. The node asks under "ns" whose images it wants.
const (
	limitedHost   = "limited.test"
	elsewhereHost = "elsewhere.test"
)

// elsewhereIndex lists an image for one platform, on which no test runs.
const elsewhereIndex = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[` +
	`{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,"platform":{"architecture":"s390x","os":"linux"},` +
	`"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}]}`

// ServeRegistry answers every image pull of the node: it has nothing. Repositories below "private/" need a login.
func ServeRegistry(address string) error {
	return http.ListenAndServe(address, http.HandlerFunc(answerPull))
}

func answerPull(w http.ResponseWriter, r *http.Request) {
	host := r.URL.Query().Get("ns")
	switch {
	case r.URL.Path == "/v2/":
		w.WriteHeader(http.StatusOK)
	case host == elsewhereHost:
		w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		w.Header().Set("Content-Length", fmt.Sprint(len(elsewhereIndex)))
		w.Header().Set("Docker-Content-Digest", fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(elsewhereIndex))))
		fmt.Fprint(w, elsewhereIndex)
	case host == limitedHost:
		refuse(w, "TOOMANYREQUESTS", http.StatusTooManyRequests)
	case strings.HasPrefix(r.URL.Path, "/v2/private/"):
		refuse(w, "DENIED", http.StatusForbidden)
	default:
		refuse(w, "MANIFEST_UNKNOWN", http.StatusNotFound)
	}
}

func refuse(w http.ResponseWriter, code string, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errors":[{"code":%q,"message":"refused by the test registry"}]}`, code)
}
