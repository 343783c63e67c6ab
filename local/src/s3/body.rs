//! The requests of S3 that come as XML.

use roxmltree::{Document, Node};

use super::multipart::Named;
use super::refusal::Refusal;

/// The most objects that one request deletes.
const MOST_DELETED: usize = 1000;

/// Objects to delete.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Delete {
    pub(super) keys: Vec<String>,
    /// Only what could not be deleted is to be said.
    pub(super) is_quiet: bool,
}

/// Reads a `DeleteObjects`.
pub(super) fn delete(body: &[u8]) -> Result<Delete, Refusal> {
    read(body, "Delete", |root| {
        let objects = children(root, "Object");
        let keys: Option<Vec<String>> = objects
            .map(|object| {
                // There is one version of each object here, and its id is `null`.
                if child(object, "VersionId").is_some_and(|version| version != "null") {
                    return None;
                }
                child(object, "Key")
            })
            .collect();
        let keys = keys.filter(|keys| (1..=MOST_DELETED).contains(&keys.len()))?;
        let is_quiet = child(root, "Quiet").as_deref() == Some("true");
        Some(Delete { keys, is_quiet })
    })
}

/// Reads a `CompleteMultipartUpload`.
pub(super) fn parts(body: &[u8]) -> Result<Vec<Named>, Refusal> {
    read(body, "CompleteMultipartUpload", |root| {
        let parts = children(root, "Part");
        parts
            .map(|part| {
                Some(Named {
                    number: child(part, "PartNumber")?.parse().ok()?,
                    etag: child(part, "ETag")?,
                })
            })
            .collect()
    })
}

fn read<Read>(
    body: &[u8],
    name: &str,
    take: impl FnOnce(Node<'_, '_>) -> Option<Read>,
) -> Result<Read, Refusal> {
    let text = str::from_utf8(body).map_err(|_| Refusal::MalformedXml)?;
    let document = Document::parse(text).map_err(|_| Refusal::MalformedXml)?;
    let root = document.root_element();
    let taken = Some(root).filter(|root| root.tag_name().name() == name);
    taken.and_then(take).ok_or(Refusal::MalformedXml)
}

/// The children of a name, whatever their namespace: some clients leave it out.
fn children<'text>(
    node: Node<'text, 'text>,
    name: &str,
) -> impl Iterator<Item = Node<'text, 'text>> {
    node.children()
        .filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn child(node: Node<'_, '_>, name: &str) -> Option<String> {
    let mut children = node.children();
    let found = children.find(|child| child.is_element() && child.tag_name().name() == name)?;
    Some(found.text().unwrap_or_default().to_owned())
}
