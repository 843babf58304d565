//! Makes a stranger's HTML safe to show: no script, no style that reaches out, no remote load unless asked for.

/// How pictures are treated.
#[derive(Clone, Debug, Default)]
pub struct SanitiseOptions {
    /// Keep `https:` pictures (the operator asked for them).
    pub remote_images: bool,
    /// Prefix for `cid:` pictures: `{prefix}{content id}`; they are dropped where it is `None`.
    pub cid_prefix: Option<String>,
}

/// The sanitised document fragment.
pub fn sanitise(html: &str, options: &SanitiseOptions) -> String {
    let _ = (html, options);
    todo!("mail")
}
