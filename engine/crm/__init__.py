"""The world outside: mail and the CRM's webhook. A stranger to the store."""
