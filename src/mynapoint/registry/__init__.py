"""失効情報・更新履歴: the authority's daily lists in tables: what was revoked, which certificate follows which."""
