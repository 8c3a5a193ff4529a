//! Findings: what, why it matters, the remedy.

use crate::api::{DoctorCode, DoctorFinding, DoctorLevel};

impl DoctorFinding {
    pub(crate) fn good(code: DoctorCode, title: impl Into<String>, why: impl Into<String>) -> Self {
        Self::of(code, DoctorLevel::Good, title, why, None)
    }

    pub(crate) fn advice(
        code: DoctorCode,
        title: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::of(code, DoctorLevel::Advice, title, why, Some(remedy.into()))
    }

    pub(crate) fn problem(
        code: DoctorCode,
        title: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::of(code, DoctorLevel::Problem, title, why, Some(remedy.into()))
    }

    pub(crate) fn unknown(
        code: DoctorCode,
        title: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::of(code, DoctorLevel::Unknown, title, why, Some(remedy.into()))
    }

    fn of(
        code: DoctorCode,
        level: DoctorLevel,
        title: impl Into<String>,
        why: impl Into<String>,
        remedy: Option<String>,
    ) -> Self {
        Self {
            code,
            level,
            title: title.into(),
            why: why.into(),
            remedy,
        }
    }

    pub(crate) fn is_problem(&self) -> bool {
        self.level == DoctorLevel::Problem
    }
}
