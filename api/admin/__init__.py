"""Django admin for access: tokens, members of projects, and the audit trail."""

from api.admin.members import MembershipAdmin
from api.admin.tokens import TokenAdmin
from api.admin.trail import AuditEntryAdmin

__all__ = ["AuditEntryAdmin", "MembershipAdmin", "TokenAdmin"]
