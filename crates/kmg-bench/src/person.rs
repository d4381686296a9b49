//! A person without a browser: signs in and approves by posting the forms of the pages.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, RequestBuilder, redirect};
use url::Url;

/// The pages take no decision that was made sooner after they were shown.
const READING: Duration = Duration::from_millis(750);
const SESSION: &str = "__Host-kmg-session";
const SIGN_IN: &str = "__Host-kmg-sign-in";
const APPROVAL: &str = "__Host-kmg-approval";

/// The demo's one person. Cookies are carried by hand: they are `Secure`, and libraries keep those back on plain
/// http, loopback or not.
pub struct Person {
    http: Client,
    web: Url,
    issuer: Url,
    username: String,
    password: String,
    session: String,
}

/// What a page answered.
struct Page {
    headers: HeaderMap,
    status: u16,
    text: String,
}

impl Person {
    /// A person who is not signed in yet.
    pub fn new(web: Url, issuer: Url, username: &str, password: &str) -> anyhow::Result<Self> {
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().build()?;
        Ok(Self { http, web, issuer, username: username.to_owned(), password: password.to_owned(), session: String::new() })
    }

    /// Types name and password on the provider's page at `authorize`; where the provider sends the browser then.
    pub async fn log_in(&self, authorize: &Url) -> anyhow::Result<Url> {
        let form = fetch(self.http.get(authorize.clone())).await?;
        let transaction = field(&form.text, "transaction")?;
        let fields = [("transaction", transaction.as_str()), ("username", &self.username), ("password", &self.password)];
        let answer = fetch(self.post(&self.issuer.join("/authorize")?, &fields)).await?;
        answer.location()
    }

    /// Follows an agent's sign-in to the agent's own listener.
    pub async fn let_in(&self, authorize: &Url) -> anyhow::Result<()> {
        let back = self.log_in(authorize).await?;
        fetch(self.http.get(back)).await?.done().map(drop)
    }

    /// Signs in to the pages.
    pub async fn sign_in(&mut self) -> anyhow::Result<()> {
        let start = fetch(self.http.get(self.web.join("/sign-in")?)).await?;
        let cookie = start.cookie(SIGN_IN)?;
        let back = self.log_in(&start.location()?).await?;
        let end = fetch(self.http.get(back).header(COOKIE, cookie)).await?.done()?;
        self.session = end.cookie(SESSION)?;
        Ok(())
    }

    /// Opens the plan's page, decides, and signs in afresh for exactly what it showed.
    pub async fn approve(&self, plan: &Url) -> anyhow::Result<()> {
        let review = fetch(self.http.get(plan.clone()).header(COOKIE, &self.session)).await?.done()?;
        let (digest, token) = (field(&review.text, "digest")?, field(&review.text, "token")?);
        tokio::time::sleep(READING).await;
        let decision = Url::parse(&format!("{plan}/decision"))?;
        let fields = [("decision", "approve"), ("digest", &digest), ("token", &token)];
        let origin = self.web.origin().ascii_serialization();
        let posted = self.post(&decision, &fields).header(COOKIE, &self.session).header(ORIGIN, origin);
        let onward = fetch(posted).await?.done()?;
        let authorize = onward.text.split("href=\"").filter_map(|rest| rest.split('"').next()).map(unescape);
        let authorize = authorize.filter_map(|href| Url::parse(&href).ok()).find(|url| url.origin() == self.issuer.origin());
        let back = self.log_in(&authorize.context("the page has no link to the provider")?).await?;
        fetch(self.http.get(back).header(COOKIE, onward.cookie(APPROVAL)?)).await?.done().map(drop)
    }

    fn post(&self, url: &Url, fields: &[(&str, &str)]) -> RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.http.post(url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
    }
}

async fn fetch(request: RequestBuilder) -> anyhow::Result<Page> {
    let response = request.send().await?;
    let (headers, status) = (response.headers().clone(), response.status().as_u16());
    Ok(Page { headers, status, text: response.text().await? })
}

impl Page {
    fn done(self) -> anyhow::Result<Self> {
        ensure!(self.status == 200, "a page answered {}: {}", self.status, self.text);
        Ok(self)
    }

    fn location(&self) -> anyhow::Result<Url> {
        let location = self.headers.get(LOCATION).with_context(|| format!("no redirect but {}: {}", self.status, self.text))?;
        Ok(Url::parse(location.to_str()?)?)
    }

    /// The pair `name=value` as it is sent back.
    fn cookie(&self, name: &str) -> anyhow::Result<String> {
        let set = self.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pair = set.filter_map(|text| text.split(';').next()).find(|pair| pair.split('=').next() == Some(name));
        Ok(pair.with_context(|| format!("no cookie {name}"))?.to_owned())
    }
}

/// The value of the first input `name` of a page.
fn field(page: &str, name: &str) -> anyhow::Result<String> {
    let (_, rest) =
        page.split_once(&format!("name=\"{name}\" value=\"")).with_context(|| format!("the page has no field {name}: {page}"))?;
    Ok(unescape(rest.split('"').next().unwrap_or_default()))
}

/// The escapes that the pages' templates write.
fn unescape(text: &str) -> String {
    let escapes = [("&#38;", "&"), ("&#x26;", "&"), ("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&amp;", "&")];
    escapes.iter().fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_links_are_read_as_a_browser_reads_them() {
        let page = r#"<a href="http://127.0.0.1:3/authorize?a=1&#38;b=2"><input type="hidden" name="token" value="x&#38;y">"#;
        assert_eq!(field(page, "token").unwrap(), "x&y");
        assert!(field(page, "digest").is_err());
        assert_eq!(unescape("a=1&#38;b=2"), "a=1&b=2");
    }

    #[test]
    fn a_cookie_goes_back_without_its_attributes() {
        let headers = HeaderMap::from_iter([(SET_COOKIE, "__Host-kmg-session=abc=; Path=/; Secure".parse().unwrap())]);
        let page = Page { headers, status: 200, text: String::new() };
        assert_eq!(page.cookie(SESSION).unwrap(), "__Host-kmg-session=abc=");
        assert!(page.cookie(SIGN_IN).is_err());
    }
}
