def make(event, context):
    return {"statusCode": 200, "body": "{}"}
