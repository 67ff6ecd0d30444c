"""What the API says of itself: shapes of bodies and answers with examples, and the OpenAPI document made of them."""
