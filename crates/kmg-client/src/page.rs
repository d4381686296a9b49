//! The page the browser sees when it comes back.

/// What the page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The client has its tokens.
    SignedIn,
    /// The issuer said an error, or the code was no good.
    NotSignedIn,
    /// Not the address the browser was to come back to.
    NotFound,
}

impl Page {
    /// The whole HTTP answer. Nothing of the request is in it.
    pub(crate) fn answer(self) -> String {
        let (status, title, text) = match self {
            Self::SignedIn => ("200 OK", "Signed in", "The agent is signed in. You may close this tab and go back to it."),
            Self::NotSignedIn => {
                ("400 Bad Request", "Not signed in", "The sign-in did not succeed. The agent says why; you may close this tab.")
            }
            Self::NotFound => ("404 Not Found", "Not found", "There is no such page."),
        };
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>\n"
        );
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
             Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{html}",
            html.len(),
        )
    }
}
