"""Makes argon2-cffi.json: hashes by another implementation, for the tests of lib/passwords/hash.ts.

    apt-get install python3-argon2
    python3 test/security/hashes/argon2-cffi.py > test/security/hashes/argon2-cffi.json
"""

import json

import argon2

PASSWORDS = ["correct horse battery staple", "Pässwörter sind schön", "パスワードは長いほど良いです🙂"]
COSTS = [
    {"memory_cost": 19456, "time_cost": 2, "parallelism": 1},
    {"memory_cost": 65536, "time_cost": 3, "parallelism": 4},
    {"memory_cost": 8192, "time_cost": 10, "parallelism": 2, "hash_len": 16, "salt_len": 8},
    {"memory_cost": 47104, "time_cost": 1, "parallelism": 1, "hash_len": 64, "salt_len": 32},
    {"memory_cost": 8, "time_cost": 1, "parallelism": 1},
]

rows = [
    {"password": password, "hash": argon2.PasswordHasher(**cost).hash(password)}
    for cost in COSTS
    for password in PASSWORDS
]
print(json.dumps({"argon2-cffi": argon2.__version__, "rows": rows}, indent=2, ensure_ascii=False))
