//! The texts of templates, each kept once however many stacks are made of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cfn::template::Template;
use crate::world::hex;

/// A template among [`Templates`]: a digest of its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct TemplateId(String);

/// The templates that stacks, stack sets and change sets have or had.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Templates {
    texts: BTreeMap<TemplateId, String>,
    /// Those that were needed in their parsed form.
    #[serde(skip)]
    parsed: BTreeMap<TemplateId, Arc<Template>>,
}

impl PartialEq for Templates {
    fn eq(&self, other: &Self) -> bool {
        let Self { texts, parsed: _ } = self;
        *texts == other.texts
    }
}

impl Templates {
    /// Keeps a text.
    pub(crate) fn keep(&mut self, text: &str) -> TemplateId {
        let id = TemplateId(hex(&["template", text])[..32].to_owned());
        self.texts.entry(id.clone()).or_insert_with(|| text.to_owned());
        id
    }

    /// The text as it was sent.
    pub(crate) fn text(&self, id: &TemplateId) -> &str {
        self.texts.get(id).map_or("", String::as_str)
    }

    /// The template.
    ///
    /// # Errors
    /// What `CloudFormation` says of a text that is no template.
    pub(crate) fn template(&mut self, id: &TemplateId) -> Result<Arc<Template>, String> {
        if let Some(template) = self.parsed.get(id) {
            return Ok(Arc::clone(template));
        }
        let template = Arc::new(Template::parse(self.text(id))?);
        self.parsed.insert(id.clone(), Arc::clone(&template));
        Ok(template)
    }
}
