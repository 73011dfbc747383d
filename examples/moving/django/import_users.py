import json
from django.contrib.auth.models import User

def spelled(hash):
    if hash.startswith("$argon2"):
        return "argon2" + hash
    return "bcrypt$" + hash if hash.startswith("$2") else hash

User.objects.bulk_create(
    User(
        username=row["username"],
        email=row.get("email", ""),
        password=spelled(row["passwordHash"]),
        is_active=not row["disabled"],
        is_staff=row["role"] == "admin",
        date_joined=row["createdAt"],
    )
    for row in map(json.loads, open("users.jsonl", encoding="utf-8"))
)
