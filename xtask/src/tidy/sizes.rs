//! Files of at most 500 lines, functions of at most 80, and at most 5 parameters.

use std::path::Path;

use syn::spanned::Spanned as _;
use syn::visit::Visit;

const FILE: usize = 500;
const FUNCTION: usize = 80;
const PARAMETERS: usize = 5;

pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut breaches = Vec::new();
    for name in super::files(root, ".rs")? {
        let text = std::fs::read_to_string(root.join(&name))?;
        let lines = text.lines().count();
        if lines > FILE {
            breaches.push(format!("{name}: {lines} lines; at most {FILE}"));
        }
        if name.contains("/tests/ui/") {
            continue;
        }
        let parsed = syn::parse_file(&text).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
        let mut functions = Functions { name: &name, breaches: Vec::new() };
        functions.visit_file(&parsed);
        breaches.extend(functions.breaches);
    }
    Ok(breaches)
}

struct Functions<'a> {
    name: &'a str,
    breaches: Vec<String>,
}

impl Functions<'_> {
    fn judge(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let span = body.span();
        let lines = span.end().line.saturating_sub(signature.span().start().line) + 1;
        if lines > FUNCTION {
            self.breaches.push(format!("{}: fn {} has {lines} lines; at most {FUNCTION}", self.name, signature.ident));
        }
        let parameters = signature.inputs.iter().filter(|input| matches!(input, syn::FnArg::Typed(_))).count();
        if parameters > PARAMETERS {
            self.breaches.push(format!("{}: fn {} has {parameters} parameters; at most {PARAMETERS}", self.name, signature.ident));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.judge(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }
    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.judge(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }
}
