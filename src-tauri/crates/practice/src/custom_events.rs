//! Custom events: what happens at the site without being a change of a record. Webhooks page: custom events.

use serde_json::Value;

use crate::tables::Kind;

/// Every custom event that a webhook can subscribe to by `event_type`.
pub const CUSTOM_EVENTS: [&str; 40] = [
    "ClientUser_FailedLogin",
    "ClientUser_Login",
    "ClientUser_Logout",
    "CRS_HumanUser_Thumbnail_Access_By_Client",
    "CRS_PlaylistShare_Create",
    "CRS_PlaylistShare_Revoke",
    "CRS_Preferences_Change",
    "CRS_Version_Media_Download",
    "CRS_Version_Thumbnail_Access_By_Client",
    "SG_RV_Session_Validate_Success",
    "ShotGrid_Invitation",
    "ShotGrid_PAT_Added",
    "ShotGrid_PAT_Exchanged",
    "ShotGrid_PAT_Removed",
    "Shotgun_ActionMenuItem_Triggered",
    "Shotgun_CutSupportDataMigration_data_migration",
    "Shotgun_CutSupportDataMigration_disable_cutversionconnection",
    "Shotgun_CutSupportDataMigration_schema_cleanup",
    "Shotgun_DisplayColumn_Delete",
    "Shotgun_ImportApp_Complete",
    "Shotgun_ImportApp_Failed",
    "Shotgun_ImportApp_Start",
    "Shotgun_NotesApp_Summary_Email",
    "Shotgun_Nsx_Support_Ticket",
    "Shotgun_PageSetting_Change",
    "Shotgun_PermissionRuleSet_ChangeRule",
    "Shotgun_PermissionRuleSet_DeleteRule",
    "Shotgun_PermissionRuleSet_NewRule",
    "Shotgun_Preferences_Change",
    "Shotgun_ProjectConfiguration_Update",
    "Shotgun_Reading_Change",
    "Shotgun_Review_Tools_Version_View",
    "Shotgun_User_FailedLogin",
    "Shotgun_User_Login",
    "Shotgun_User_Logout",
    "Shotgun_User_PasswordChange",
    "Shotgun_ValidationRule_Create",
    "Shotgun_Webhook_Created",
    "Shotgun_Webhook_Deleted",
    "Shotgun_Webhook_Updated",
];

/// One custom event. For none of them is it documented what its `meta` holds, nor which `operation` a delivery names: here
/// it names none.
pub(crate) struct CustomEvent {
    pub(crate) event_type: String,
    pub(crate) about: Option<(Kind, i64)>,
    pub(crate) meta: Value,
}
