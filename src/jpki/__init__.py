"""公的個人認証: the My Number Card's authentication application, its certificates, and statements signed by it."""
